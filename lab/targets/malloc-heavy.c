// Thousands of live allocations of all sizes, with freed ones between them, keep their bytes and can all be freed.
#include "target.h"

enum { COUNT = 3000 };
static unsigned char *block[COUNT];

static size_t size_of(int n) { return n % 97 == 0 ? 200000 + (size_t)n : 1 + (size_t)(n * 37) % 3000; }

int main(void) {
  for (int n = 0; n < COUNT; n++) {
    NEED((block[n] = malloc(size_of(n))) != NULL);
    fill(block[n], size_of(n), (unsigned)n);
  }
  for (int n = 0; n < COUNT; n += 3) free(block[n]), block[n] = NULL;
  frozen_here();
  for (int n = 0; n < COUNT; n++)
    if (block[n]) CHECK(unfilled(block[n], size_of(n), (unsigned)n) == size_of(n), "block %d changed", n);
  for (int n = 0; n < COUNT; n++) free(block[n]);
  return ok();
}
