// Shared mappings stay connected to a file that has lost the name it was opened by and has another, or whose name ends in " (deleted)".
#include "target.h"

static unsigned char *map_shared(const char *name, unsigned seed) {
  int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
  unsigned char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(map != MAP_FAILED && close(fd) == 0);
  fill(map, 2 * PAGE, seed);
  return map;
}

static void check(unsigned char *map, const char *name, unsigned seed) {
  unsigned char byte;
  CHECK_FILLED(map, 2 * PAGE, seed);
  int fd = open(name, O_RDWR);
  CHECK(fd >= 0, "%s: %s", name, strerror(errno));
  map[PAGE] ^= 0xFF;
  CHECK(pread(fd, &byte, 1, PAGE) == 1 && byte == map[PAGE], "what is written to the mapping is not in %s", name);
  CHECK(pwrite(fd, "w", 1, 7) == 1 && map[7] == 'w', "what is written to %s is not in the mapping", name);
  close(fd);
}

int main(void) {
  unsigned char *linked = map_shared("first", 1), *named = map_shared("really (deleted)", 2);
  NEED(link("first", "second") == 0 && unlink("first") == 0);
  /* Another file of the name that the kernel shows for the first. */
  close(open("first (deleted)", O_RDWR | O_CREAT, 0600));
  int fd = open("third", O_RDWR | O_CREAT, 0600);
  NEED(fd >= 0 && write(fd, "left", 4) == 4 && link("third", "fourth") == 0 && unlink("third") == 0);
  frozen_here();
  check(linked, "second", 1);
  check(named, "really (deleted)", 2);
  char text[8] = "";
  CHECK(write(fd, "right", 5) == 5 && (fd = open("fourth", O_RDONLY)) >= 0, "fourth: %s", strerror(errno));
  CHECK(read(fd, text, sizeof text) == 8 && !memcmp(text, "leftrigh", 8), "what is written is not in fourth");
  return ok();
}
