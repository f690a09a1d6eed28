// A lock of a whole open file still keeps others out.
#include "target.h"
#include <sys/file.h>

int main(void) {
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600), other;
  NEED(fd >= 0 && flock(fd, LOCK_EX) == 0);
  frozen_here();
  CHECK((other = open("data", O_RDWR)) >= 0, "the file is gone: %s", strerror(errno));
  CHECK(flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK, "the lock is lost");
  CHECK(flock(fd, LOCK_UN) == 0 && flock(other, LOCK_EX | LOCK_NB) == 0, "the lock cannot be given up");
  return ok();
}
