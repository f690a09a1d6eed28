// The set of blocked signals is kept, real-time ones too.
#include "target.h"

int main(void) {
  sigset_t wanted, now, pending;
  sigemptyset(&wanted);
  for (int signo = 1; signo < 65; signo++)
    if (signo % 3 != 0 && signo != SIGKILL && signo != SIGSTOP && (signo < 32 || signo > 34)) sigaddset(&wanted, signo);
  NEED(sigprocmask(SIG_SETMASK, &wanted, NULL) == 0 && sigprocmask(SIG_BLOCK, NULL, &wanted) == 0);
  frozen_here();
  NEED(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
  for (int signo = 1; signo < 65; signo++)
    CHECK(sigismember(&now, signo) == sigismember(&wanted, signo), "signal %d is %s", signo, sigismember(&now, signo) ? "blocked" : "not blocked");
  CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 0, "SIGUSR1 is pending");
  kill(getpid(), SIGUSR1);
  CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1, "the blocked SIGUSR1 is not pending");
  return ok();
}
