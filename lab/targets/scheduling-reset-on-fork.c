// A scheduling policy that children do not inherit (SCHED_RESET_ON_FORK) stays one.
#include "target.h"
#include <sched.h>
#include <sys/wait.h>
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

int main(void) {
  struct sched_param none = {0};
  int wanted = SCHED_BATCH | SCHED_RESET_ON_FORK, status;
  NEED(syscall(SYS_sched_setscheduler, 0, wanted, &none) == 0);
  frozen_here();
  long policy = syscall(SYS_sched_getscheduler, 0);
  CHECK(policy == wanted, "the policy is %#lx, not %#x", policy, wanted);
  pid_t child = fork();
  if (child == 0) _exit((int)syscall(SYS_sched_getscheduler, 0));
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == SCHED_BATCH, "a child's policy: %#x", status);
  return ok();
}
