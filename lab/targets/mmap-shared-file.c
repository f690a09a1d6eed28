// A shared file mapping stays connected to the file, in both directions.
#include "target.h"

int main(void) {
  static unsigned char content[4 * PAGE];
  fill(content, sizeof content, 8);
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(fd >= 0 && write(fd, content, sizeof content) == sizeof content);
  unsigned char *map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
  NEED(map != MAP_FAILED && close(fd) == 0);
  map[5] = 0x11;
  frozen_here();
  CHECK(map[5] == 0x11 && map[6] == content[PAGE + 6], "the mapping shows other bytes");
  unsigned char byte = 0x22;
  NEED((fd = open("data", O_RDWR)) >= 0);
  CHECK(pwrite(fd, &byte, 1, 2 * PAGE) == 1 && map[PAGE] == 0x22, "a write to the file is not seen in the mapping");
  map[2 * PAGE] = 0x33;
  CHECK(pread(fd, &byte, 1, 3 * PAGE) == 1 && byte == 0x33, "a write to the mapping is not seen in the file");
  return ok();
}
