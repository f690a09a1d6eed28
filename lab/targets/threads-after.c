// Threads can be started after the restore, and their locks and thread-local data work.
#include "target.h"
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int local = 5;
static int total;

static void *run(void *argument) {
  for (int n = 0; n < 10000; n++) pthread_mutex_lock(&lock), total++, pthread_mutex_unlock(&lock);
  local += (int)(intptr_t)argument;
  return (void *)(intptr_t)local;
}

int main(void) {
  pthread_t thread[4];
  frozen_here();
  for (intptr_t n = 0; n < 4; n++) CHECK(pthread_create(&thread[n], NULL, run, (void *)n) == 0, "pthread_create fails");
  for (intptr_t n = 0; n < 4; n++) {
    void *result;
    CHECK(pthread_join(thread[n], &result) == 0 && (intptr_t)result == 5 + n, "thread %d gave %d", (int)n, (int)(intptr_t)result);
  }
  CHECK(total == 40000 && local == 5, "counted %d, local %d", total, local);
  return ok();
}
