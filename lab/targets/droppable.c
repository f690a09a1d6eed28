// Memory that the kernel may drop (MAP_DROPPABLE) keeps its bytes, or reads as zeros where they were dropped, and stays droppable.
#include "target.h"

#define DROPPABLE 0x08 /* Linux 6.11; not on 32-bit kernels */

static int is_droppable(const void *at) {
  char text[1 << 16], line[64], *found;
  read_text("/proc/self/smaps", text, sizeof text);
  snprintf(line, sizeof line, "%lx-", (unsigned long)at);
  if (!(found = strstr(text, line)) || !(found = strstr(found, "VmFlags:"))) return 0;
  *strchrnul(found, '\n') = 0;
  return strstr(found, " dp") != NULL;
}

int main(void) {
  unsigned char *map = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, DROPPABLE | MAP_ANONYMOUS, -1, 0);
  int has_it = map != MAP_FAILED;
  /* Elsewhere it is memory like any other, also when it is continued by a later kernel. */
  NEED(has_it || errno == EINVAL || errno == EOPNOTSUPP);
  if (!has_it) map = map_anon(8 * PAGE);
  fill(map, 4 * PAGE, 5);
  NEED(is_droppable(map) == has_it);
  frozen_here();
  for (int page = 0; page < 4; page++) {
    unsigned char *at = map + page * PAGE;
    size_t kept = 0;
    while (kept < PAGE && at[kept] == pattern(page * PAGE + kept, 5)) kept++;
    CHECK(kept == PAGE || nonzero(at, PAGE) == PAGE, "page %d has other bytes", page);
  }
  CHECK_ZERO(map + 4 * PAGE, 4 * PAGE);
  CHECK(is_droppable(map) == has_it, "it is droppable, or not, otherwise than before");
  fill(map, 8 * PAGE, 6);
  return ok();
}
