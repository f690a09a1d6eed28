// Two mappings of the same shared anonymous memory still show each other's writes.
#include "target.h"

int main(void) {
  unsigned char *one = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(one != MAP_FAILED);
  // An old size of 0 makes a second mapping of shared memory. mremap(2)
  unsigned char *two = mremap(one + PAGE, 0, 2 * PAGE, MREMAP_MAYMOVE);
  NEED(two != MAP_FAILED);
  fill(one, 4 * PAGE, 11);
  frozen_here();
  CHECK_FILLED(one, 4 * PAGE, 11);
  CHECK(memcmp(two, one + PAGE, 2 * PAGE) == 0, "the second mapping shows other bytes");
  two[7] ^= 0xFF;
  CHECK(one[PAGE + 7] == two[7], "a write to one mapping is not seen in the other");
  return ok();
}
