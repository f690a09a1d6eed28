// The registered rseq area is the same one, and the kernel keeps its processor number right.
#include "target.h"
#include <sched.h>

struct area { volatile uint32_t cpu_id_start, cpu_id; uint64_t critical; uint32_t flags, rest[3]; };
static struct area own __attribute__((aligned(32)));
static struct area *area = &own;
static unsigned length = 32;

#ifdef __GLIBC__
#include <sys/rseq.h>
#define SIGNATURE RSEQ_SIG
static void find(void) {
  if (__rseq_size) area = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
  else NEED(syscall(SYS_rseq, area, length, 0, SIGNATURE) == 0);
}
#else
#define SIGNATURE 0x53053053
static void find(void) { NEED(syscall(SYS_rseq, area, length, 0, SIGNATURE) == 0); }
#endif

int main(void) {
  cpu_set_t allowed, one;
  find();
  NEED(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  frozen_here();
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity: %s", strerror(errno));
    CHECK(area->cpu_id == cpu && area->cpu_id_start == cpu, "on processor %u, the area says %u", cpu, area->cpu_id);
  }
  // The same area, length and signature again: EBUSY; any other: EINVAL or EPERM; none registered: no error.
  CHECK(syscall(SYS_rseq, area, length, 0, SIGNATURE) == -1 && errno == EBUSY, "registering it again: %s", strerror(errno));
  return ok();
}
