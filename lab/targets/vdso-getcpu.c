// The processor number that libc tells (from the vdso or the rseq area) is the kernel's.
#include "target.h"
#include <sched.h>

int main(void) {
  cpu_set_t allowed, one;
  NEED(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  NEED(sched_getcpu() >= 0);
  frozen_here();
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity: %s", strerror(errno));
    unsigned asked = 0;
    CHECK(syscall(SYS_getcpu, &asked, NULL, NULL) == 0 && (int)asked == cpu, "the kernel says %u on processor %d", asked, cpu);
    CHECK(sched_getcpu() == cpu, "libc says %d on processor %d", sched_getcpu(), cpu);
  }
  return ok();
}
