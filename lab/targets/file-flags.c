// Close-on-exec of each descriptor and the status flags of each open file are kept.
#include "target.h"

static const int FLAGS[] = {O_RDONLY, O_WRONLY | O_APPEND, O_RDWR | O_NONBLOCK, O_RDWR | O_SYNC, O_RDWR | O_DSYNC, O_RDONLY | O_NOFOLLOW, O_RDONLY | O_NOATIME};
enum { COUNT = sizeof FLAGS / sizeof *FLAGS };

int main(void) {
  int fd[2 * COUNT], status[2 * COUNT];
  NEED(close(open("data", O_WRONLY | O_CREAT, 0600)) == 0);
  for (int n = 0; n < 2 * COUNT; n++) {
    NEED((fd[n] = open("data", FLAGS[n / 2] | (n % 2 ? O_CLOEXEC : 0))) >= 0);
    status[n] = fcntl(fd[n], F_GETFL);
  }
  int duplicate = dup(fd[1]);
  NEED(duplicate >= 0);
  frozen_here();
  for (int n = 0; n < 2 * COUNT; n++) {
    CHECK(fcntl(fd[n], F_GETFD) == (n % 2 ? FD_CLOEXEC : 0), "descriptor %d: close-on-exec is %d", n, fcntl(fd[n], F_GETFD));
    CHECK(fcntl(fd[n], F_GETFL) == status[n], "descriptor %d: flags %o, were %o", n, fcntl(fd[n], F_GETFL), status[n]);
  }
  CHECK(fcntl(duplicate, F_GETFD) == 0, "the duplicate has close-on-exec");
  return ok();
}
