// 64 MiB of heap, no two pages alike, keep every byte.
#include "target.h"

enum { WORDS = 16 << 20 };

int main(void) {
  uint32_t *heap = malloc(WORDS * sizeof *heap), value = 1;
  NEED(heap);
  for (int n = 0; n < WORDS; n++) heap[n] = value = value * 1664525u + 1013904223u;
  frozen_here();
  value = 1;
  for (int n = 0; n < WORDS; n++) {
    value = value * 1664525u + 1013904223u;
    CHECK(heap[n] == value, "word %d is %#x, was %#x", n, heap[n], value);
  }
  return ok();
}
