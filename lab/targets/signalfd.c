// A signalfd takes the signals of its set, also those that waited before, and no others.
#include "target.h"
#include <sys/signalfd.h>

int main(void) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR2), sigaddset(&set, SIGRTMIN + 3);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  union sigval value = {.sival_int = 4711};
  NEED(fd >= 0 && sigqueue(getpid(), SIGRTMIN + 3, value) == 0);
  frozen_here();
  struct signalfd_siginfo info;
  CHECK(read(fd, &info, sizeof info) == sizeof info, "nothing waits: %s", strerror(errno));
  CHECK((int)info.ssi_signo == SIGRTMIN + 3 && info.ssi_int == 4711, "signal %u with %d", info.ssi_signo, info.ssi_int);
  CHECK(read(fd, &info, sizeof info) == -1 && errno == EAGAIN, "there is another signal");
  CHECK(raise(SIGUSR2) == 0 && read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR2, "a new signal does not come");
  return ok();
}
