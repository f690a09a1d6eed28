// Threads that wait on a condition variable, at a barrier and for a reader-writer lock are woken.
#include "threads.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t room = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static int value;

static void *wait_for_value(void *argument) {
  here_i_am((int)(intptr_t)argument);
  pthread_mutex_lock(&lock);
  while (!value) {
    int error = pthread_cond_wait(&changed, &lock);
    CHECK(error == 0, "the wait ended: %s", strerror(error));
  }
  int seen = value++;
  pthread_mutex_unlock(&lock);
  return (void *)(intptr_t)(seen > 0);
}

static void *wait_at_barrier(void *argument) {
  here_i_am((int)(intptr_t)argument);
  int last = pthread_barrier_wait(&barrier);
  CHECK(last == 0 || last == PTHREAD_BARRIER_SERIAL_THREAD, "the barrier: %s", strerror(last));
  return argument;
}

static void *wait_for_room(void *argument) {
  here_i_am((int)(intptr_t)argument);
  int error = pthread_rwlock_wrlock(&room);
  CHECK(error == 0, "the reader-writer lock: %s", strerror(error));
  pthread_rwlock_unlock(&room);
  return argument;
}

int main(void) {
  pthread_t thread[4];
  NEED(pthread_barrier_init(&barrier, NULL, 2) == 0 && pthread_rwlock_rdlock(&room) == 0);
  void *(*const run[])(void *) = {wait_for_value, wait_for_value, wait_at_barrier, wait_for_room};
  for (int n = 0; n < 4; n++) begin(&thread[n], run[n], n);
  wait_until_asleep(4);
  frozen_here();
  pthread_mutex_lock(&lock), value = 1, pthread_cond_broadcast(&changed), pthread_mutex_unlock(&lock);
  wait_at_barrier((void *)(intptr_t)4);
  pthread_rwlock_unlock(&room);
  join(thread[0], 1), join(thread[1], 1), join(thread[2], 2), join(thread[3], 3);
  CHECK(value == 3, "two threads saw the value, it is %d", value);
  return ok();
}
