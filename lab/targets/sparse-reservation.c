// A huge reservation of which a few pages were touched keeps its size, its holes and those pages.
#include "fault.h"

#define RESERVED ((size_t)(sizeof(void *) == 8 ? 64ull << 30 : 1ull << 30))
#define STEP (RESERVED / 8)

int main(void) {
  unsigned char *map = mmap(NULL, RESERVED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  NEED(map != MAP_FAILED);
  for (size_t at = 0; at < RESERVED; at += STEP) {
    NEED(mprotect(map + at, 16 * PAGE, PROT_READ | PROT_WRITE) == 0);
    fill(map + at + PAGE, 2 * PAGE, (unsigned)(at / STEP));
  }
  catch_faults();
  frozen_here();
  for (size_t at = 0; at < RESERVED; at += STEP) {
    CHECK_ZERO(map + at, PAGE);
    CHECK_FILLED(map + at + PAGE, 2 * PAGE, (unsigned)(at / STEP));
    CHECK_ZERO(map + at + 3 * PAGE, 13 * PAGE);
    CHECK(FAULTS(*(volatile char *)(map + at + 16 * PAGE)) && fault.si_code == SEGV_ACCERR, "the reservation ends early");
  }
  CHECK(mprotect(map + RESERVED - PAGE, PAGE, PROT_READ | PROT_WRITE) == 0, "the last page: %s", strerror(errno));
  CHECK_ZERO(map + RESERVED - PAGE, PAGE);
  return ok();
}
