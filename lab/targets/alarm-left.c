// An alarm that is far away is still set, with no more and not much less time left.
#include "target.h"

int main(void) {
  alarm(1000);
  frozen_here();
  unsigned left = alarm(0);
  CHECK(left <= 1000 && left >= 900, "%u seconds are left", left);
  return ok();
}
