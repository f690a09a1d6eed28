// Locks that belong to an open file, on parts of it, still keep out whoever has opened it anew.
#include "target.h"

static int locked(int fd, short type, off_t start) {
  struct flock wanted = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
  CHECK(fcntl(fd, F_OFD_GETLK, &wanted) == 0, "F_OFD_GETLK: %s", strerror(errno));
  return wanted.l_type != F_UNLCK;
}

int main(void) {
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600), other;
  struct flock write_lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
  struct flock read_lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 0};
  NEED(fd >= 0 && fcntl(fd, F_OFD_SETLK, &write_lock) == 0 && fcntl(fd, F_OFD_SETLK, &read_lock) == 0 && dup(fd) >= 0);
  frozen_here();
  CHECK((other = open("data", O_RDWR)) >= 0, "the file is gone: %s", strerror(errno));
  CHECK(locked(other, F_RDLCK, 12), "the write lock is lost");
  CHECK(locked(other, F_WRLCK, 100000) && !locked(other, F_RDLCK, 102), "the read lock is another");
  CHECK(!locked(other, F_WRLCK, 50) && !locked(fd, F_WRLCK, 12), "there is more locked than was");
  return ok();
}
