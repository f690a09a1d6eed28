// A program that asked for it still gets SIGSEGV for CPUID, where the processor can do that.
#include "target.h"
#include "fault.h"
#include <cpuid.h>

enum { GET = 0x1011, SET = 0x1012 }; /* ARCH_GET_CPUID, ARCH_SET_CPUID */
#ifndef SYS_arch_prctl
#define SYS_arch_prctl 384
#endif

static void ask_processor(void) {
  unsigned a, b, c, d;
  __cpuid(0, a, b, c, d);
}

int main(void) {
  int can = syscall(SYS_arch_prctl, SET, 0) == 0;
  NEED(can || errno == ENODEV);
  catch_faults();
  frozen_here();
  CHECK(syscall(SYS_arch_prctl, GET, 0) == !can, "CPUID is allowed otherwise");
  CHECK(FAULTS(ask_processor()) == can, "CPUID %s", can ? "runs" : "raises a signal");
  return ok();
}
