// sigsuspend waits on with its own mask, and afterwards the mask is the old one.
#include "target.h"

static volatile int seen;
static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  seen++;
}

int main(void) {
  sigset_t blocked, waiting, now;
  sigemptyset(&blocked), sigaddset(&blocked, SIGUSR1), sigaddset(&blocked, SIGUSR2);
  sigemptyset(&waiting), sigaddset(&waiting, SIGUSR2), sigaddset(&waiting, SIGTERM);
  catch_with(SIGUSR1, on_signal, 0);
  sigprocmask(SIG_SETMASK, &blocked, NULL);
  ready();
  int result = sigsuspend(&waiting), error = errno;
  CHECK(seen == 1, "sigsuspend ended with %d signals seen", seen);
  CHECK(result == -1 && error == EINTR, "sigsuspend gave %d: %s", result, strerror(error));
  sigprocmask(SIG_BLOCK, NULL, &now);
  CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2) && !sigismember(&now, SIGTERM), "the mask is another one");
  return ok();
}
