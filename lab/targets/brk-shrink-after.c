// The heap shrinks by brk after the restore and grows again: what was given back comes back as zeros.
#include "fault.h"

int main(void) {
  uintptr_t base = kernel_brk(0), end = base + 64 * PAGE + 10, low = base + 7 * PAGE + 3;
  NEED(kernel_brk(end) == end);
  fill((void *)base, end - base, 4);
  catch_faults();
  frozen_here();
  CHECK(kernel_brk(low) == low, "brk did not shrink: %#lx", (long)kernel_brk(0));
  CHECK_FILLED((void *)base, low - base, 4);
  uintptr_t first_gone = (low + PAGE - 1) / PAGE * PAGE;
  CHECK(FAULTS(*(volatile char *)first_gone), "memory above the break is still there");
  CHECK(kernel_brk(end) == end, "brk did not grow again");
  CHECK_ZERO((void *)first_gone, end - first_gone);
  return ok();
}
