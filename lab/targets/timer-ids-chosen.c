// A program that may choose the ids of its POSIX timers still may, where the kernel knows that.
#include "target.h"
#include <sys/prctl.h>

enum { IDS = 77, OFF = 0, ON = 1, GET = 2 }; /* PR_TIMER_CREATE_RESTORE_IDS, Linux 6.15 */

int main(void) {
  int can = prctl(IDS, ON, 0, 0, 0) == 0;
  NEED(can || errno == EINVAL);
  frozen_here();
  CHECK(!can || prctl(IDS, GET, 0, 0, 0) == ON, "ids cannot be chosen");
  return ok();
}
