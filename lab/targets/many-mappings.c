// 600 mappings, more than an ELF file may have headers on any kernel up to 6.16, are all kept.
#include "target.h"

enum { PAGES = 600 };

static int count_lines(void) {
  static char text[256 << 10];
  int lines = 0;
  read_text("/proc/self/maps", text, sizeof text);
  for (char *at = text; *at; at++) lines += *at == '\n';
  return lines;
}

int main(void) {
  unsigned char *map = map_anon(PAGES * PAGE);
  fill(map, PAGES * PAGE, 14);
  for (size_t page = 0; page < PAGES; page += 2) NEED(mprotect(map + page * PAGE, PAGE, PROT_READ) == 0);
  NEED(count_lines() >= PAGES);
  frozen_here();
  CHECK_FILLED(map, PAGES * PAGE, 14);
  CHECK(count_lines() >= PAGES, "only %d mappings are left", count_lines());
  return ok();
}
