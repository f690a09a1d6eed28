// The umask is kept.
#include "target.h"

int main(void) {
  struct stat made;
  umask(0137);
  frozen_here();
  int fd = open("made-after", O_WRONLY | O_CREAT | O_EXCL, 0777);
  CHECK(fd >= 0 && fstat(fd, &made) == 0, "cannot make a file: %s", strerror(errno));
  CHECK((made.st_mode & 0777) == 0640, "a new file has mode %o", made.st_mode & 0777);
  CHECK(umask(0) == 0137, "the umask is another one");
  return ok();
}
