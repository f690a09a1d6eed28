// An anonymous mapping grows by mremap after the restore: old bytes kept, the new part zero, in place and moved.
#include "target.h"

int main(void) {
  unsigned char *room = map_anon(64 * PAGE);
  NEED(munmap(room + 4 * PAGE, 60 * PAGE) == 0);
  unsigned char *other = map_anon(4 * PAGE);
  fill(room, 4 * PAGE, 17), fill(other, 4 * PAGE, 18);
  frozen_here();
  unsigned char *grown = mremap(room, 4 * PAGE, 40 * PAGE, MREMAP_MAYMOVE);
  CHECK(grown != MAP_FAILED, "mremap: %s", strerror(errno));
  CHECK_FILLED(grown, 4 * PAGE, 17);
  CHECK_ZERO(grown + 4 * PAGE, 36 * PAGE);
  unsigned char *target = map_anon(2048 * PAGE);
  CHECK(mremap(other, 4 * PAGE, 2048 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target, "mremap: %s", strerror(errno));
  CHECK_FILLED(target, 4 * PAGE, 18);
  CHECK_ZERO(target + 4 * PAGE, 2044 * PAGE);
  return ok();
}
