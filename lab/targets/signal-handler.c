// Handlers keep address, mask and every flag, and run.
#include "target.h"

static volatile int seen[65];
static volatile sigset_t masked;

static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)context;
  sigprocmask(SIG_BLOCK, NULL, (sigset_t *)&masked);
  if (info->si_signo == signo) seen[signo]++;
}

static const struct { int signo, flags; } HANDLED[] = {
  {SIGUSR1, SA_SIGINFO | SA_RESTART}, {SIGUSR2, SA_SIGINFO | SA_NODEFER}, {SIGHUP, SA_SIGINFO | SA_RESETHAND},
  {SIGCHLD, SA_SIGINFO | SA_NOCLDSTOP | SA_NOCLDWAIT}, {SIGTERM, SA_SIGINFO | SA_ONSTACK}, {50, SA_SIGINFO},
};
enum { COUNT = sizeof HANDLED / sizeof *HANDLED };

int main(void) {
  struct sigaction before[COUNT], after;
  for (int n = 0; n < COUNT; n++) {
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = HANDLED[n].flags};
    sigemptyset(&action.sa_mask), sigaddset(&action.sa_mask, SIGWINCH), sigaddset(&action.sa_mask, 40 + n);
    NEED(sigaction(HANDLED[n].signo, &action, NULL) == 0 && sigaction(HANDLED[n].signo, NULL, &before[n]) == 0);
  }
  frozen_here();
  for (int n = 0; n < COUNT; n++) {
    int signo = HANDLED[n].signo;
    CHECK(sigaction(signo, NULL, &after) == 0 && after.sa_sigaction == on_signal, "signal %d: other handler", signo);
    CHECK(after.sa_flags == before[n].sa_flags, "signal %d: flags %#x, were %#x", signo, after.sa_flags, before[n].sa_flags);
    for (int other = 1; other < 65; other++)
      CHECK(sigismember(&after.sa_mask, other) == sigismember(&before[n].sa_mask, other), "signal %d: mask of %d", signo, other);
    kill(getpid(), signo);
    CHECK(seen[signo] == 1, "signal %d: the handler ran %d times", signo, seen[signo]);
    CHECK(sigismember((sigset_t *)&masked, 40 + n) == 1, "signal %d: its mask was not applied", signo);
    CHECK(sigismember((sigset_t *)&masked, signo) == (signo != SIGUSR2), "signal %d: blocked itself wrongly", signo);
  }
  CHECK(sigaction(SIGHUP, NULL, &after) == 0 && after.sa_handler == SIG_DFL, "SA_RESETHAND did not reset");
  return ok();
}
