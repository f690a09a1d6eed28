// The nice value and the scheduling policy are kept.
#include "target.h"
#include <sched.h>
#include "nice.h"

int main(void) {
  struct sched_param none = {0};
  int nice = nicer_than(6);
  NEED(setpriority(PRIO_PROCESS, 0, nice) == 0 && syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &none) == 0);
  frozen_here();
  CHECK(getpriority(PRIO_PROCESS, 0) == nice, "nice is %d", getpriority(PRIO_PROCESS, 0));
  CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_BATCH, "the policy is %ld", syscall(SYS_sched_getscheduler, 0));
  return ok();
}
