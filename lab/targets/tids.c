// Each thread has its old id, and a signal that is sent to it by that id arrives there.
#include "threads.h"
#include <semaphore.h>

enum { COUNT = 5 };
static sem_t go[COUNT];
static __thread volatile sig_atomic_t seen;
static void on_signal(int signo) { seen = signo; }

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  here_i_am(number);
  while (sem_wait(&go[number])) {}
  CHECK(syscall(SYS_gettid) == tid_of[number], "thread %d is %ld, was %d", number, (long)syscall(SYS_gettid), tid_of[number]);
  CHECK(seen == SIGUSR2, "what was sent to thread %d did not arrive", number);
  return argument;
}

int main(void) {
  pthread_t threads[COUNT];
  signal(SIGUSR2, on_signal);
  for (int n = 0; n < COUNT; n++) NEED(sem_init(&go[n], 0, 0) == 0);
  for (int n = 0; n < COUNT; n++) {
    begin(&threads[n], run, n);
    wait_until_asleep(n + 1);
  }
  pid_t pid = getpid();
  frozen_here();
  for (int n = 0; n < COUNT; n++) {
    CHECK(syscall(SYS_tgkill, pid, tid_of[n], SIGUSR2) == 0, "thread %d cannot be found by its id: %s", n, strerror(errno));
    sem_post(&go[n]);
    join(threads[n], n);
  }
  return ok();
}
