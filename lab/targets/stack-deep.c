// 3 MiB of live stack unwind frame by frame, each with the values it had.
#include "target.h"

enum { DEPTH = 3000 };

__attribute__((noinline)) static unsigned descend(unsigned depth) {
  unsigned char frame[1024];
  fill(frame, sizeof frame, depth);
  unsigned below = 0;
  if (depth < DEPTH) below = descend(depth + 1);
  else frozen_here();
  CHECK(unfilled(frame, sizeof frame, depth) == sizeof frame, "the frame at depth %u changed", depth);
  return below + depth;
}

int main(void) {
  unsigned sum = descend(0);
  CHECK(sum == DEPTH * (DEPTH + 1u) / 2, "the frames add up to %u", sum);
  return ok();
}
