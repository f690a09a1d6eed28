// Locked memory is still locked: VmLck says so, and the pages are resident.
#include "target.h"

static long locked_kb(void) {
  char text[8192];
  read_text("/proc/self/status", text, sizeof text);
  return strtol(strstr(text, "VmLck:") + 6, NULL, 10);
}

int main(void) {
  unsigned char *map = map_anon(8 * PAGE), resident[8];
  NEED(mlock(map, 8 * PAGE) == 0);
  long before = locked_kb();
  NEED(before == 32);
  fill(map, PAGE, 19);
  frozen_here();
  CHECK(locked_kb() == before, "VmLck is %ld kB, was %ld", locked_kb(), before);
  CHECK(mincore(map, 8 * PAGE, resident) == 0, "mincore: %s", strerror(errno));
  for (int page = 0; page < 8; page++) CHECK(resident[page] & 1, "page %d is not resident", page);
  CHECK_FILLED(map, PAGE, 19);
  return ok();
}
