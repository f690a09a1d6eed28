// The allocator works on after the restore: grows, trims, maps and unmaps, and what it hands out stays separate.
#include "target.h"

enum { SLOTS = 400, ROUNDS = 40000 };
static unsigned char *block[SLOTS];
static size_t length[SLOTS];
static uint32_t state = 12345;

static uint32_t next(void) { return state = state * 1664525u + 1013904223u, state >> 8; }

static void churn(int rounds) {
  for (int round = 0; round < rounds; round++) {
    unsigned slot = next() % SLOTS;
    size_t wanted = next() % 50 == 0 ? next() % 300000 : next() % 800;
    for (size_t end = 0; end < 16 && end < length[slot]; end++) {
      CHECK(block[slot][end] == (unsigned char)slot, "block %u: first bytes changed", slot);
      CHECK(block[slot][length[slot] - 1 - end] == (unsigned char)slot, "block %u: last bytes changed", slot);
    }
    if (next() % 3 == 0) free(block[slot]), block[slot] = NULL, length[slot] = 0;
    else {
      CHECK((block[slot] = realloc(block[slot], wanted + 1)) != NULL, "realloc(%zu) gave NULL", wanted + 1);
      length[slot] = wanted + 1;
      memset(block[slot], (int)slot, length[slot]);
    }
  }
}

int main(void) {
  churn(2000);
  frozen_here();
  churn(ROUNDS);
  unsigned char *zeros = calloc(1, 5 << 20);
  CHECK(zeros, "calloc gave NULL");
  CHECK_ZERO(zeros, 5 << 20);
  return ok();
}
