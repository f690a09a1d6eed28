// A private file mapping keeps its modified pages, shows the file in the others, and never writes to the file.
#include "target.h"

int main(void) {
  static unsigned char content[3 * PAGE], now[3 * PAGE];
  fill(content, sizeof content, 5);
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(fd >= 0 && write(fd, content, sizeof content) == sizeof content);
  unsigned char *map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(map != MAP_FAILED && close(fd) == 0 && (fd = open("data", O_RDONLY)) >= 0);
  memset(map + PAGE, 0xAB, PAGE);
  frozen_here();
  CHECK(memcmp(map, content, PAGE) == 0, "first page is not the file's");
  for (size_t at = PAGE; at < 2 * PAGE; at++) CHECK(map[at] == 0xAB, "modified byte %zu is %#x", at, map[at]);
  CHECK(memcmp(map + 2 * PAGE, content + 2 * PAGE, PAGE) == 0, "third page is not the file's");
  memset(map, 0xCD, 3 * PAGE);
  NEED(read(fd, now, sizeof now) == sizeof now);
  CHECK(memcmp(now, content, sizeof now) == 0, "the file was written to");
  return ok();
}
