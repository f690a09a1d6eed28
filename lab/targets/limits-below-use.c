// Limits of memory, files and signals below what the process has are kept, with all that it has above them.
#include "target.h"
#include <sys/resource.h>

enum { SIZE = 8 << 20, LOCKED = 8 * PAGE, HIGH_FD = 90, QUEUED = 5 };

static const struct { int resource; const char *name; rlim_t soft; } LIMITS[] = {
  {RLIMIT_AS, "AS", 1 << 20}, {RLIMIT_DATA, "DATA", 1 << 20}, {RLIMIT_STACK, "STACK", 64 << 10}, {RLIMIT_MEMLOCK, "MEMLOCK", PAGE},
  {RLIMIT_NOFILE, "NOFILE", 20}, {RLIMIT_FSIZE, "FSIZE", 100}, {RLIMIT_SIGPENDING, "SIGPENDING", 0},
};
enum { COUNT = sizeof LIMITS / sizeof *LIMITS };

int main(void) {
  unsigned char *map = map_anon(SIZE), *locked = map_anon(LOCKED);
  fill(map, SIZE, 1);
  NEED(mlock(locked, LOCKED) == 0);
  fill(locked, LOCKED, 2);
  int null = open("/dev/null", O_RDWR), memfd = (int)syscall(SYS_memfd_create, "large", 0);
  NEED(null >= 0 && dup2(null, HIGH_FD) == HIGH_FD && memfd >= 0 && ftruncate(memfd, SIZE) == 0);
  NEED(pwrite(memfd, "end", 3, SIZE - 3) == 3);
  sigset_t queued;
  sigemptyset(&queued);
  sigaddset(&queued, SIGRTMIN);
  NEED(sigprocmask(SIG_BLOCK, &queued, NULL) == 0);
  for (int n = 0; n < QUEUED; n++) NEED(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = n}) == 0);
  for (int n = 0; n < COUNT; n++) {
    struct rlimit limit;
    NEED(getrlimit(LIMITS[n].resource, &limit) == 0 && limit.rlim_max >= LIMITS[n].soft);
    limit.rlim_cur = LIMITS[n].soft;
    NEED(setrlimit(LIMITS[n].resource, &limit) == 0);
  }
  frozen_here();
  for (int n = 0; n < COUNT; n++) {
    struct rlimit limit;
    CHECK(getrlimit(LIMITS[n].resource, &limit) == 0 && limit.rlim_cur == LIMITS[n].soft, "RLIMIT_%s is %lld", LIMITS[n].name, (long long)limit.rlim_cur);
  }
  CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM, "memory beyond the limit: %s", strerror(errno));
  CHECK(mlock(map, PAGE) == -1, "memory is locked beyond the limit");
  CHECK(dup(null) >= 0 && dup2(null, HIGH_FD + 1) == -1 && fcntl(HIGH_FD, F_GETFD) == 0, "descriptors: %s", strerror(errno));
  CHECK_FILLED(map, SIZE, 1);
  CHECK_FILLED(locked, LOCKED, 2);
  char end[3];
  CHECK(pread(memfd, end, 3, SIZE - 3) == 3 && memcmp(end, "end", 3) == 0, "the memfd lost its end");
  for (int n = 0; n < QUEUED; n++) {
    siginfo_t info;
    struct timespec none = {0, 0};
    CHECK(sigtimedwait(&queued, &info, &none) == SIGRTMIN && info.si_value.sival_int == n, "signal %d is not queued", n);
  }
  return ok();
}
