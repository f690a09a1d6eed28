// ppoll with a mask and a timeout goes on waiting under that mask, and afterwards the mask is the old one.
#include "target.h"
#include <poll.h>

int main(void) {
  sigset_t blocked, waiting, now;
  sigemptyset(&blocked), sigaddset(&blocked, SIGUSR1);
  sigemptyset(&waiting), sigaddset(&waiting, SIGUSR2);
  sigprocmask(SIG_SETMASK, &blocked, NULL);
  struct pollfd wanted = {.fd = 0, .events = POLLIN};
  struct timespec limit = {.tv_sec = 600};
  ready();
  int result = ppoll(&wanted, 1, &limit, &waiting);
  CHECK(result == 1, "ppoll gave %d: %s", result, strerror(errno));
  sigprocmask(SIG_BLOCK, NULL, &now);
  CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2), "the mask is another one");
  wait_for_go();
  return ok();
}
