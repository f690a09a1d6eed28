// A mutex that one thread holds and others wait for goes from one to the next.
#include "threads.h"

enum { THREADS = 8, ROUNDS = 2000 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static void *run(void *argument) {
  here_i_am((int)(intptr_t)argument);
  for (int n = 0; n < ROUNDS; n++) {
    pthread_mutex_lock(&lock);
    total++;
    pthread_mutex_unlock(&lock);
  }
  return argument;
}

int main(void) {
  pthread_t thread[THREADS];
  pthread_mutex_lock(&lock);
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  wait_until_asleep(THREADS);
  frozen_here();
  CHECK(total == 0, "a thread passed a lock that is held");
  pthread_mutex_unlock(&lock);
  for (int n = 0; n < THREADS; n++) join(thread[n], n);
  CHECK(total == THREADS * ROUNDS, "counted %ld", total);
  return ok();
}
