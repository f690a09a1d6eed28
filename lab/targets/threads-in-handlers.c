// Threads that are inside a signal handler, some on an alternate stack, return to what it interrupted.
#include "threads.h"
#include <semaphore.h>

enum { THREADS = 4, ALTSTACK = 65536 };
static sem_t go;
static __thread volatile int returned;

static void on_signal(int signo, siginfo_t *info, void *context) {
  volatile double sum = 0;
  while (sem_wait(&go)) {}
  for (int n = 0; n < 100; n++) sum += n * 0.5;
  returned = sum == 2475.0;
}

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  volatile double before = number * 1.25;
  if (number % 2) {
    stack_t stack = {.ss_sp = map_anon(ALTSTACK), .ss_size = ALTSTACK};
    NEED(sigaltstack(&stack, NULL) == 0);
  }
  here_i_am(number);
  raise(SIGUSR1);
  CHECK(returned && before == number * 1.25, "thread %d: the handler returned %d", number, returned);
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  CHECK(!sigismember(&now, SIGUSR1), "the signal is still blocked");
  return argument;
}

int main(void) {
  pthread_t thread[THREADS];
  NEED(sem_init(&go, 0, 0) == 0);
  catch_with(SIGUSR1, on_signal, SA_ONSTACK);
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  wait_until_asleep(THREADS);
  frozen_here();
  for (int n = 0; n < THREADS; n++) sem_post(&go);
  for (int n = 0; n < THREADS; n++) join(thread[n], n);
  return ok();
}
