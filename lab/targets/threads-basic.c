// Threads that wait go on where they waited, each with its own stack and result, and can be joined.
#include "threads.h"
#include <semaphore.h>

enum { THREADS = 6 };
static sem_t go;

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  volatile unsigned char own[300];
  fill((void *)own, sizeof own, (unsigned)number);
  here_i_am(number);
  while (sem_wait(&go)) CHECK(errno == EINTR, "sem_wait: %s", strerror(errno));
  CHECK_FILLED((void *)own, sizeof own, (unsigned)number);
  return (void *)(intptr_t)(number * 11);
}

int main(void) {
  pthread_t thread[THREADS];
  NEED(sem_init(&go, 0, 0) == 0);
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  wait_until_asleep(THREADS);
  frozen_here();
  for (int n = 0; n < THREADS; n++) sem_post(&go);
  for (int n = 0; n < THREADS; n++) join(thread[n], n * 11);
  return ok();
}
