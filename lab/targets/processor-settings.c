// What the processor may do for a program stays as prctl was told: read the time-stamp counter, be killed by broken memory.
#include "target.h"
#include "fault.h"
#include <sys/prctl.h>

static void read_counter(void) { __asm__ volatile("rdtsc" : : : "eax", "edx"); }

int main(void) {
  NEED(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0);
  int can_choose = prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0) == 0;
  NEED(can_choose || errno == EINVAL); /* CONFIG_MEMORY_FAILURE */
  catch_faults();
  frozen_here();
  CHECK(FAULTS(read_counter()), "the time-stamp counter can be read");
  CHECK(prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0 && !FAULTS(read_counter()), "it can never be read");
  CHECK(!can_choose || prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_EARLY, "broken memory is told otherwise");
  return ok();
}
