// Pages that hold data and then lost all permissions keep the data.
#include "fault.h"

int main(void) {
  unsigned char *map = map_anon(6 * PAGE);
  fill(map, 6 * PAGE, 13);
  NEED(mprotect(map, 6 * PAGE, PROT_NONE) == 0);
  catch_faults();
  frozen_here();
  CHECK(FAULTS(*(volatile char *)map), "the pages can be read");
  CHECK(mprotect(map, 6 * PAGE, PROT_READ) == 0, "mprotect: %s", strerror(errno));
  CHECK_FILLED(map, 6 * PAGE, 13);
  return ok();
}
