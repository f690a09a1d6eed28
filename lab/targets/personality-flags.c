// Flags of personality(2) are kept.
#include "target.h"
#include <sys/personality.h>

int main(void) {
  int before = personality(0xffffffff);
  NEED(before >= 0 && personality((unsigned long)before | ADDR_NO_RANDOMIZE | STICKY_TIMEOUTS) >= 0);
  before = personality(0xffffffff);
  frozen_here();
  int after = personality(0xffffffff);
  CHECK(after == before, "they are %#x, were %#x", after, before);
  return ok();
}
