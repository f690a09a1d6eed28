// The heap grows by brk after the restore: old bytes stay, new ones are zero.
#include "target.h"

int main(void) {
  uintptr_t base = kernel_brk(0), end = base + 5 * PAGE + 77, grown = end + 300 * PAGE + 5;
  NEED(kernel_brk(end) == end);
  fill((void *)base, end - base, 2);
  frozen_here();
  CHECK(kernel_brk(grown) == grown, "brk did not grow: %#lx", (long)kernel_brk(0));
  CHECK_FILLED((void *)base, end - base, 2);
  CHECK_ZERO((void *)end, grown - end);
  fill((void *)base, grown - base, 3);
  CHECK_FILLED((void *)base, grown - base, 3);
  return ok();
}
