// The I/O priority, class and level, is kept.
#include "target.h"

enum { WHO_PROCESS = 1, BEST_EFFORT = 2 << 13, LEVEL = 6 };

int main(void) {
  NEED(syscall(SYS_ioprio_set, WHO_PROCESS, 0, BEST_EFFORT | LEVEL) == 0);
  frozen_here();
  long is = syscall(SYS_ioprio_get, WHO_PROCESS, 0);
  CHECK(is == (BEST_EFFORT | LEVEL), "it is %#lx", is);
  return ok();
}
