// Threads of a process that is stopped, in system calls and in none, go on by SIGCONT.
#include "threads.h"
#include <semaphore.h>

enum { THREADS = 6 };
static sem_t go;
static volatile int spins;

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  volatile unsigned long turns = 0;
  here_i_am(number);
  if (number % 2)
    while (spins) turns++;
  else
    while (sem_wait(&go)) {}
  return argument;
}

int main(void) {
  pthread_t thread[THREADS];
  NEED(sem_init(&go, 0, 0) == 0);
  spins = 1;
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  while (__atomic_load_n(&started, __ATOMIC_SEQ_CST) < THREADS) sched_yield();
  ready();
  NEED(raise(SIGSTOP) == 0);
  spins = 0;
  for (int n = 0; n < THREADS; n += 2) sem_post(&go);
  for (int n = 0; n < THREADS; n++) join(thread[n], n);
  return ok();
}
