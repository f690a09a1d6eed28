// A guard page without any permission still raises SIGSEGV at its address.
#include "fault.h"

int main(void) {
  unsigned char *map = map_anon(3 * PAGE);
  fill(map, 3 * PAGE, 12);
  NEED(mprotect(map + PAGE, PAGE, PROT_NONE) == 0);
  catch_faults();
  frozen_here();
  CHECK(FAULTS(*(volatile char *)(map + PAGE + 8)), "the guard page can be read");
  CHECK(fault.si_code == SEGV_ACCERR, "si_code is %d", fault.si_code);
  CHECK(fault.si_addr == map + PAGE + 8, "si_addr is %p", fault.si_addr);
  CHECK(FAULTS(*(volatile char *)(map + PAGE) = 1), "the guard page can be written");
  CHECK_FILLED(map, PAGE, 12);
  return ok();
}
