// MADV_DONTNEED after the restore gives zeros in heap, mapped memory and bss-like memory, as allocators rely on.
#include "target.h"

int main(void) {
  uintptr_t base = (kernel_brk(0) + PAGE - 1) / PAGE * PAGE;
  NEED(kernel_brk(base + 8 * PAGE) == base + 8 * PAGE);
  unsigned char *heap = (unsigned char *)base, *map = map_anon(8 * PAGE);
  fill(heap, 8 * PAGE, 15), fill(map, 8 * PAGE, 16);
  frozen_here();
  CHECK_FILLED(heap, 8 * PAGE, 15);
  CHECK_FILLED(map, 8 * PAGE, 16);
  CHECK(madvise(heap + PAGE, 2 * PAGE, MADV_DONTNEED) == 0, "heap: %s", strerror(errno));
  CHECK(madvise(map + PAGE, 2 * PAGE, MADV_DONTNEED) == 0, "map: %s", strerror(errno));
  CHECK_ZERO(heap + PAGE, 2 * PAGE);
  CHECK_ZERO(map + PAGE, 2 * PAGE);
  CHECK(unfilled(heap, PAGE, 15) == PAGE && unfilled(map, PAGE, 16) == PAGE, "a neighbour page changed");
  CHECK(munmap(map, 8 * PAGE) == 0, "munmap: %s", strerror(errno));
  return ok();
}
