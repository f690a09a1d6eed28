// A held mutex that lends its holder the priority of who waits (the kernel finds the holder by its id) goes from one to the other.
#include "threads.h"

static pthread_mutex_t mutex;
static volatile int got;

static void *run(void *argument) {
  here_i_am(0);
  int error = pthread_mutex_lock(&mutex);
  CHECK(error == 0, "the waiting thread: %s", strerror(error));
  got = 1;
  CHECK(pthread_mutex_unlock(&mutex) == 0, "the waiting thread cannot unlock it");
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_mutexattr_t kind;
  NEED(pthread_mutexattr_init(&kind) == 0 && pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT) == 0);
  NEED(pthread_mutex_init(&mutex, &kind) == 0 && pthread_mutex_lock(&mutex) == 0);
  begin(&thread, run, 0);
  wait_until_asleep(1);
  frozen_here();
  CHECK(!got, "two threads hold it");
  int error = pthread_mutex_unlock(&mutex);
  CHECK(error == 0, "unlocking it: %s", strerror(error));
  join(thread, 0);
  CHECK(got, "the waiting thread never had it");
  return ok();
}
