// A shared mapping of a file opened for reading follows the file and cannot be made writable.
#include "target.h"

int main(void) {
  static unsigned char content[2 * PAGE];
  fill(content, sizeof content, 9);
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(fd >= 0 && write(fd, content, sizeof content) == sizeof content && close(fd) == 0);
  NEED((fd = open("data", O_RDONLY)) >= 0);
  unsigned char *map = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  NEED(map != MAP_FAILED && close(fd) == 0);
  frozen_here();
  CHECK_FILLED(map, 2 * PAGE, 9);
  NEED((fd = open("data", O_RDWR)) >= 0);
  CHECK(pwrite(fd, "new", 3, PAGE + 10) == 3 && memcmp(map + PAGE + 10, "new", 3) == 0, "a write to the file is not seen");
  CHECK(mprotect(map, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES, "the mapping could be made writable");
  return ok();
}
