// Guard regions at the edges of neighbouring mappings, anonymous and of a file, guard there, and all between keeps its bytes.
#include "target.h"
#include "fault.h"

#define INSTALL 102 /* MADV_GUARD_INSTALL: Linux 6.13, of files 6.15 */

static int faults(const volatile unsigned char *at) { return FAULTS((void)*at); }

/* A stretch of 8 pages, guarded in its first and its last. */
static void guard(unsigned char *at, size_t length) {
  NEED(madvise(at, length, INSTALL) == 0 || (errno == EINVAL && mprotect(at, length, PROT_NONE) == 0)); /* as older kernels can */
}

static void guard_edges(unsigned char *map) { guard(map, PAGE), guard(map + 7 * PAGE, PAGE); }

static void check_edges(const unsigned char *map, const char *what, unsigned seed) {
  CHECK(faults(map) && faults(map + 7 * PAGE), "the edges of the %s are not guarded", what);
  for (size_t at = PAGE; at < 7 * PAGE; at++) CHECK(map[at] == pattern(at, seed), "byte %zu of the %s changed", at, what);
}

int main(void) {
  int kept = open("kept", O_RDWR | O_CREAT, 0600);
  NEED(kept >= 0 && ftruncate(kept, 16 * PAGE) == 0);
  unsigned char *area = map_anon(32 * PAGE), *file = area + 8 * PAGE, *guarded = area + 24 * PAGE;
  NEED(mmap(file, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, kept, 0) == file);
  /* Nothing but guards. */
  NEED(mmap(guarded, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, kept, 8 * PAGE) == guarded);
  close(kept);
  fill(area, 8 * PAGE, 1), fill(file, 8 * PAGE, 2), fill(area + 16 * PAGE, 8 * PAGE, 3);
  guard_edges(area), guard_edges(file), guard_edges(area + 16 * PAGE);
  guard(guarded, 8 * PAGE);
  /* Of a file that only its bytes tell the end of: a page in the middle and the last cannot be read. */
  int gone = open("gone", O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(gone >= 0 && unlink("gone") == 0 && ftruncate(gone, 8 * PAGE) == 0);
  unsigned char *deleted = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, gone, 0);
  NEED(deleted != MAP_FAILED && close(gone) == 0);
  fill(deleted, 8 * PAGE, 4);
  guard(deleted + 3 * PAGE, PAGE), guard(deleted + 7 * PAGE, PAGE);
  catch_faults();
  frozen_here();
  check_edges(area, "anonymous memory before", 1);
  check_edges(file, "file", 2);
  check_edges(area + 16 * PAGE, "anonymous memory behind", 3);
  for (int page = 0; page < 8; page++) CHECK(faults(guarded + page * PAGE), "page %d of the guarded file can be read", page);
  CHECK_FILLED(deleted, 3 * PAGE, 4);
  for (size_t at = 4 * PAGE; at < 7 * PAGE; at++) CHECK(deleted[at] == pattern(at, 4), "byte %zu of the deleted file changed", at);
  CHECK(faults(deleted + 3 * PAGE) && faults(deleted + 7 * PAGE), "the deleted file is not guarded");
  return ok();
}
