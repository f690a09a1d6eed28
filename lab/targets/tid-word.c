// libc knows its new thread id: a signal it sends to itself arrives, and the kernel clears the same word at the end.
#include "target.h"
#include <pthread.h>
#include <sys/prctl.h>

static volatile sig_atomic_t seen;
static void on_signal(int signo) { seen = signo; }

int main(void) {
  uint64_t before = 0, after = 0;  // a 64-bit kernel writes eight bytes, to 32-bit processes too
  signal(SIGUSR2, on_signal);
  signal(SIGUSR1, on_signal);
  int known = prctl(PR_GET_TID_ADDRESS, &before) == 0;
  frozen_here();
  CHECK(pthread_kill(pthread_self(), SIGUSR2) == 0 && seen == SIGUSR2, "pthread_kill does not reach this thread");
  CHECK(raise(SIGUSR1) == 0 && seen == SIGUSR1, "raise does not reach this thread");
  // Only by the thread id that libc remembers can it name the thread's clock.
  clockid_t clock;
  struct timespec used;
  CHECK(pthread_getcpuclockid(pthread_self(), &clock) == 0, "pthread_getcpuclockid fails");
  CHECK(clock_gettime(clock, &used) == 0, "libc remembers another thread id: %s", strerror(errno));
  if (known) CHECK(prctl(PR_GET_TID_ADDRESS, &after) == 0 && after == before, "the tid address is %#llx, was %#llx", (long long)after, (long long)before);
  CHECK(getpid() == (pid_t)syscall(SYS_getpid), "libc believes to be process %d", getpid());
  return ok();
}
