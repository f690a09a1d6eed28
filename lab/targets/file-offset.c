// An open file keeps number, offset, access mode and content; reading and writing go on where they were.
#include "target.h"

int main(void) {
  char text[16] = "";
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600), high;
  NEED(fd >= 0 && write(fd, "0123456789", 10) == 10 && lseek(fd, 4, SEEK_SET) == 4);
  NEED((high = fcntl(fd, F_DUPFD, 700)) == 700 && close(fd) == 0);
  int only_read = open("data", O_RDONLY), only_write = open("data", O_WRONLY);
  NEED(only_read >= 0 && only_write >= 0 && lseek(only_write, 1 << 20, SEEK_SET) == 1 << 20);
  frozen_here();
  CHECK(read(high, text, 3) == 3 && memcmp(text, "456", 3) == 0, "read gave `%s`: %s", text, strerror(errno));
  CHECK(write(high, "xyz", 3) == 3 && pread(only_read, text, 10, 0) == 10 && memcmp(text, "0123456xyz", 10) == 0, "the file holds `%s`", text);
  CHECK(write(only_read, "x", 1) == -1 && errno == EBADF, "the read-only descriptor can write");
  CHECK(read(only_write, text, 1) == -1 && errno == EBADF, "the write-only descriptor can read");
  CHECK(lseek(only_write, 0, SEEK_CUR) == 1 << 20, "the offset past the end is %ld", (long)lseek(only_write, 0, SEEK_CUR));
  return ok();
}
