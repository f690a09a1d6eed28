// Each thread keeps its blocked signals, those queued for it, and its alternate stack; signals to the process wait for all.
#include "threads.h"
#include <semaphore.h>

enum { THREADS = 4, ALTSTACK = 16384 };
static sem_t go;
static __thread volatile int seen[65], on_altstack;
static __thread char *altstack;

static void on_signal(int signo, siginfo_t *info, void *context) {
  char here;
  seen[signo] += signo < SIGRTMIN ? 1 : info->si_value.sival_int;
  on_altstack = altstack && &here >= altstack && &here < altstack + ALTSTACK;
}

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  sigset_t blocked, now;
  sigemptyset(&blocked), sigaddset(&blocked, SIGUSR1), sigaddset(&blocked, SIGUSR2);
  sigaddset(&blocked, SIGRTMIN), sigaddset(&blocked, SIGRTMIN + 1 + number);
  NEED(pthread_sigmask(SIG_SETMASK, &blocked, NULL) == 0);
  if (number % 2) {
    stack_t stack = {.ss_sp = altstack = map_anon(ALTSTACK), .ss_size = ALTSTACK};
    NEED(sigaltstack(&stack, NULL) == 0);
  }
  here_i_am(number);
  while (sem_wait(&go)) {}
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  for (int signo = 1; signo < 65; signo++)
    CHECK(sigismember(&now, signo) == sigismember(&blocked, signo), "signal %d is%s blocked", signo, sigismember(&now, signo) ? "" : " not");
  sigdelset(&blocked, SIGUSR2);  // SIGUSR1 is for the process: it stays for the first thread
  sigdelset(&blocked, SIGRTMIN);
  CHECK(!seen[SIGUSR2] && !seen[SIGRTMIN], "a blocked signal came");
  pthread_sigmask(SIG_SETMASK, &blocked, NULL);
  CHECK(seen[SIGUSR2] == 1, "the signal for thread %d came %d times", number, seen[SIGUSR2]);
  CHECK(seen[SIGRTMIN] == 10 * number + 3, "queued values of thread %d add up to %d", number, seen[SIGRTMIN]);
  CHECK(on_altstack == number % 2, "the handler of thread %d ran on the %s stack", number, on_altstack ? "alternate" : "usual");
  return argument;
}

static void queue(pid_t tid, int value) {
  siginfo_t info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE};
  info.si_pid = getpid(), info.si_value.sival_int = value;
  NEED(syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, SIGRTMIN, &info) == 0);
}

int main(void) {
  pthread_t thread[THREADS];
  sigset_t all;
  NEED(sem_init(&go, 0, 0) == 0);
  catch_with(SIGUSR1, on_signal, 0), catch_with(SIGUSR2, on_signal, SA_ONSTACK), catch_with(SIGRTMIN, on_signal, SA_ONSTACK);
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  wait_until_asleep(THREADS);
  sigemptyset(&all), sigaddset(&all, SIGUSR1);
  NEED(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
  for (int n = 0; n < THREADS; n++) {
    NEED(pthread_kill(thread[n], SIGUSR2) == 0);
    queue(tid_of[n], 10 * n + 1), queue(tid_of[n], 2);
  }
  NEED(kill(getpid(), SIGUSR1) == 0);
  frozen_here();
  for (int n = 0; n < THREADS; n++) sem_post(&go);
  for (int n = 0; n < THREADS; n++) join(thread[n], n);
  CHECK(!seen[SIGUSR1], "a blocked signal came");
  pthread_sigmask(SIG_UNBLOCK, &all, NULL);
  CHECK(seen[SIGUSR1] == 1, "the signal for the process came %d times", seen[SIGUSR1]);
  return ok();
}
