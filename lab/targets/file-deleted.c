// An open file that has no name any more is still there.
#include "target.h"

int main(void) {
  static unsigned char bytes[3 * PAGE];
  int fd = open("gone", O_RDWR | O_CREAT | O_TRUNC, 0600);
  fill(bytes, sizeof bytes, 33);
  NEED(fd >= 0 && write(fd, bytes, sizeof bytes) == sizeof bytes && unlink("gone") == 0);
  frozen_here();
  memset(bytes, 0, sizeof bytes);
  CHECK(pread(fd, bytes, sizeof bytes, 0) == sizeof bytes, "pread: %s", strerror(errno));
  CHECK_FILLED(bytes, sizeof bytes, 33);
  CHECK(access("gone", F_OK) == -1, "the file has a name again");
  return ok();
}
