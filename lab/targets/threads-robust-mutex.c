// A robust mutex that a thread holds is given to the next one when that thread ends, marked as inconsistent.
#include "threads.h"
#include <semaphore.h>

static pthread_mutex_t robust;
static sem_t go;

static void *run(void *argument) {
  NEED(pthread_mutex_lock(&robust) == 0);
  here_i_am(0);
  while (sem_wait(&go)) {}
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_mutexattr_t kind;
  struct timespec soon;
  NEED(sem_init(&go, 0, 0) == 0 && pthread_mutexattr_init(&kind) == 0 && pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST) == 0);
  NEED(pthread_mutex_init(&robust, &kind) == 0);
  begin(&thread, run, 0);
  wait_until_asleep(1);
  frozen_here();
  sem_post(&go);
  join(thread, 0);
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_sec += 2;
  int error = pthread_mutex_timedlock(&robust, &soon);
  CHECK(error == EOWNERDEAD, "locking it: %s", strerror(error));
  return ok();
}
