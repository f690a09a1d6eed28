// 200 threads all go on, each with its own registers.
#include "threads.h"
#include <semaphore.h>

enum { THREADS = 200 };
static sem_t go;

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  volatile double third = number / 3.0;
  here_i_am(number);
  while (sem_wait(&go)) {}
  CHECK(third == number / 3.0, "thread %d has another number", number);
  return (void *)(intptr_t)(number + 1);
}

int main(void) {
  pthread_t thread[THREADS];
  pthread_attr_t small;
  NEED(sem_init(&go, 0, 0) == 0 && pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 65536) == 0);
  for (int n = 0; n < THREADS; n++) NEED(pthread_create(&thread[n], &small, run, (void *)(intptr_t)n) == 0);
  wait_until_asleep(THREADS);
  frozen_here();
  for (int n = 0; n < THREADS; n++) sem_post(&go);
  for (int n = 0; n < THREADS; n++) join(thread[n], n + 1);
  return ok();
}
