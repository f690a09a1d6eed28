// A file that was made without a name keeps its bytes, and can still be given one.
#include "target.h"

int main(void) {
  static unsigned char bytes[PAGE + 1];
  fill(bytes, sizeof bytes, 12);
  int fd = open(".", O_TMPFILE | O_RDWR, 0600), flags;
  NEED(fd >= 0 && write(fd, bytes, sizeof bytes) == sizeof bytes && (flags = fcntl(fd, F_GETFL)) >= 0);
  frozen_here();
  CHECK(fcntl(fd, F_GETFL) == flags, "flags %o, were %o", fcntl(fd, F_GETFL), flags);
  CHECK(linkat(AT_FDCWD, "/proc/self/fd/3", AT_FDCWD, "named", AT_SYMLINK_FOLLOW) == 0, "it gets no name: %s", strerror(errno));
  int named = open("named", O_RDONLY);
  memset(bytes, 0, sizeof bytes);
  CHECK(named >= 0 && read(named, bytes, sizeof bytes) == sizeof bytes, "read: %s", strerror(errno));
  CHECK_FILLED(bytes, sizeof bytes, 12);
  return ok();
}
