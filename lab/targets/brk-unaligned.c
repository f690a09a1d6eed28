// The break and its start are kept to the byte.
#include "target.h"

int main(void) {
  uintptr_t start = (uintptr_t)stat_field(47), base = kernel_brk(0), wanted = base + 3 * PAGE + 1234;
  NEED(kernel_brk(wanted) == wanted);
  fill((void *)base, wanted - base, 1);
  frozen_here();
  CHECK(kernel_brk(0) == wanted, "brk is %#lx, was %#lx", (long)kernel_brk(0), (long)wanted);
  CHECK_FILLED((void *)base, wanted - base, 1);
  CHECK_ZERO((void *)wanted, PAGE - wanted % PAGE);
  CHECK(stat_field(47) == start, "start_brk is %#llx, was %#lx", stat_field(47), (long)start);
  // The kernel refuses a break below its start and moves it to the start: so both sides of it are known.
  CHECK(kernel_brk(start - 1) == wanted, "the break went below its start");
  CHECK(kernel_brk(start + 1) == start + 1, "the break did not go down to its start");
  return ok();
}
