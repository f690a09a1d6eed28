// Locked memory of which a part cannot be read stays locked: without permissions, and past the end of its file.
#include "target.h"

static long locked_kb(void) {
  char text[8192];
  read_text("/proc/self/status", text, sizeof text);
  return strtol(strstr(text, "VmLck:") + 6, NULL, 10);
}

int main(void) {
  unsigned char *map = map_anon(4 * PAGE);
  fill(map, 4 * PAGE, 3);
  NEED(mlock(map, 4 * PAGE) == 0 && mprotect(map + PAGE, PAGE, PROT_NONE) == 0);
  int fd = open("short", O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(fd >= 0 && ftruncate(fd, PAGE) == 0);
  unsigned char *file = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(file != MAP_FAILED && mlock(file, 4 * PAGE) == -1 && errno == ENOMEM); /* and locks all the same */
  fill(file, PAGE, 4);
  long before = locked_kb();
  NEED(before == 32);
  frozen_here();
  CHECK(locked_kb() == before, "VmLck is %ld kB, was %ld", locked_kb(), before);
  CHECK(mprotect(map + PAGE, PAGE, PROT_READ) == 0, "mprotect: %s", strerror(errno));
  CHECK_FILLED(map, 4 * PAGE, 3);
  CHECK_FILLED(file, PAGE, 4);
  return ok();
}
