// A process that made itself undumpable stays so.
#include "target.h"
#include <sys/prctl.h>

int main(void) {
  NEED(prctl(PR_SET_DUMPABLE, 0) == 0);
  frozen_here();
  CHECK(prctl(PR_GET_DUMPABLE) == 0, "dumpable is %d", prctl(PR_GET_DUMPABLE));
  return ok();
}
