// A thread that waits for another one's end is told of it, and cancelling a thread that waits ends it.
#include "threads.h"
#include <semaphore.h>

static sem_t go, never;
static pthread_t other;

static void *ends_later(void *argument) {
  here_i_am(0);
  while (sem_wait(&go)) {}
  return (void *)42;
}

static void *waits_for_it(void *argument) {
  here_i_am(1);
  join(other, 42);
  return argument;
}

static void *waits_for_ever(void *argument) {
  here_i_am(2);
  for (;;) sem_wait(&never);
  return argument;
}

static void *is_cancelled(void *argument) {
  for (;;) pause();
  return argument;
}

int main(void) {
  pthread_t first, joining, waiting;
  void *result;
  // glibc loads libgcc_s at the first cancellation, and where an image runs there may be none.
  NEED(pthread_create(&first, NULL, is_cancelled, NULL) == 0 && pthread_cancel(first) == 0 && pthread_join(first, NULL) == 0);
  NEED(sem_init(&go, 0, 0) == 0 && sem_init(&never, 0, 0) == 0);
  begin(&other, ends_later, 0), begin(&joining, waits_for_it, 1), begin(&waiting, waits_for_ever, 2);
  wait_until_asleep(3);
  frozen_here();
  sem_post(&go);
  join(joining, 1);
  CHECK(pthread_cancel(waiting) == 0 && pthread_join(waiting, &result) == 0 && result == PTHREAD_CANCELED, "it was not cancelled");
  return ok();
}
