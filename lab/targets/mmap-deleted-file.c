// A private mapping of a file that has been deleted keeps its bytes.
#include "target.h"

int main(void) {
  static unsigned char content[4 * PAGE];
  fill(content, sizeof content, 6);
  int fd = open("gone", O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(fd >= 0 && write(fd, content, sizeof content) == sizeof content);
  unsigned char *map = mmap(NULL, sizeof content, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(map != MAP_FAILED && close(fd) == 0 && unlink("gone") == 0);
  map[2 * PAGE] ^= 0xFF;
  frozen_here();
  CHECK(map[2 * PAGE] == (unsigned char)(content[2 * PAGE] ^ 0xFF), "the modified byte is the file's again");
  map[2 * PAGE] ^= 0xFF;
  CHECK_FILLED(map, sizeof content, 6);
  return ok();
}
