// Resource limits, soft and hard, are kept.
#include "target.h"
#include <sys/resource.h>

static const struct { int resource; const char *name; rlim_t soft, hard; } LIMITS[] = {
  {RLIMIT_NOFILE, "NOFILE", 123, 456}, {RLIMIT_CORE, "CORE", 0, 4096}, {RLIMIT_CPU, "CPU", 1000, 2000},
  {RLIMIT_FSIZE, "FSIZE", 1 << 24, 1 << 25}, {RLIMIT_NPROC, "NPROC", 5000, 6000}, {RLIMIT_STACK, "STACK", 6 << 20, 7 << 20},
};
enum { COUNT = sizeof LIMITS / sizeof *LIMITS };

int main(void) {
  for (int n = 0; n < COUNT; n++) {
    struct rlimit now, wanted = {LIMITS[n].soft, LIMITS[n].hard};
    NEED(getrlimit(LIMITS[n].resource, &now) == 0);
    if (now.rlim_max < wanted.rlim_max) wanted.rlim_max = now.rlim_max;
    if (now.rlim_max < wanted.rlim_cur) wanted.rlim_cur = now.rlim_max;
    NEED(setrlimit(LIMITS[n].resource, &wanted) == 0);
  }
  struct rlimit before[RLIM_NLIMITS], after;
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) NEED(getrlimit(resource, &before[resource]) == 0);
  frozen_here();
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
    CHECK(getrlimit(resource, &after) == 0, "getrlimit: %s", strerror(errno));
    CHECK(after.rlim_cur == before[resource].rlim_cur && after.rlim_max == before[resource].rlim_max, "limit %d is %lld/%lld", resource,
          (long long)after.rlim_cur, (long long)after.rlim_max);
  }
  return ok();
}
