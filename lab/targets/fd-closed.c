// Descriptors that were closed are closed, and the lowest free number is the next one.
#include "target.h"

int main(void) {
  int a = open("/dev/null", O_RDONLY), b = open("/dev/null", O_RDONLY), c = open("/dev/null", O_RDONLY);
  NEED(a == 3 && b == 4 && c == 5 && close(b) == 0);
  frozen_here();
  CHECK(fcntl(4, F_GETFD) == -1 && errno == EBADF, "descriptor 4 is open");
  for (int fd = 6; fd < 1024; fd++) CHECK(fcntl(fd, F_GETFD) == -1, "descriptor %d is open", fd);
  CHECK(open("/dev/null", O_RDONLY) == 4, "the next descriptor is not 4");
  return ok();
}
