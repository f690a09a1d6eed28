// Guard regions raise SIGSEGV, also where no page around them was ever touched, and their neighbours keep their bytes.
#include "target.h"
#include "fault.h"

#define INSTALL 102 /* MADV_GUARD_INSTALL, Linux 6.13 */
#define REMOVE 103

static int faults(const volatile unsigned char *at) { return FAULTS((void)*at); }

/* Before Linux 6.13 there is only PROT_NONE, also when it goes on under a later one. */
static int has_guards;

static void guard(unsigned char *at, size_t length) {
  has_guards = madvise(at, length, INSTALL) == 0;
  NEED(has_guards || (errno == EINVAL && madvise(at, length, MADV_DONTNEED) == 0 && mprotect(at, length, PROT_NONE) == 0));
}

static void unguard(unsigned char *at, size_t length) {
  int error = has_guards ? madvise(at, length, REMOVE) : mprotect(at, length, PROT_READ | PROT_WRITE);
  CHECK(error == 0, "not unguarded: %s", strerror(errno));
}

int main(void) {
  unsigned char *map = map_anon(16 * PAGE), *untouched = map_anon(64 << 20);
  fill(map, 16 * PAGE, 7);
  guard(map + 4 * PAGE, 3 * PAGE), guard(untouched + (32 << 20), PAGE);
  catch_faults();
  frozen_here();
  CHECK_FILLED(map, 4 * PAGE, 7);
  for (size_t at = 7 * PAGE; at < 16 * PAGE; at++) CHECK(map[at] == pattern(at, 7), "byte %zu changed", at);
  for (int page = 4; page < 7; page++) CHECK(faults(map + page * PAGE), "page %d can be read", page);
  CHECK(faults(untouched + (32 << 20)) && !faults(untouched) && !faults(untouched + (32 << 20) + PAGE), "the untouched one is guarded elsewhere");
  unguard(map + 4 * PAGE, 3 * PAGE);
  CHECK_ZERO(map + 4 * PAGE, 3 * PAGE);
  return ok();
}
