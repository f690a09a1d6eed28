// A file under a lease, whose holder is asked before others open it: freezing it is refused.
#include "target.h"

int main(void) {
  int fd = open("leased", O_RDWR | O_CREAT, 0600);
  NEED(fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
  frozen_here();
  CHECK(fcntl(fd, F_GETLEASE) == F_WRLCK, "the lease is lost");
  return ok();
}
