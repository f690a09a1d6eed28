// The stack, and a MAP_GROWSDOWN mapping, grow further after the restore.
#include "fault.h"

__attribute__((noinline)) static unsigned descend(unsigned depth) {
  unsigned char frame[2048];
  fill(frame, sizeof frame, depth);
  unsigned below = depth ? descend(depth - 1) : 0;
  CHECK(unfilled(frame, sizeof frame, depth) == sizeof frame, "the frame at depth %u changed", depth);
  return below + 1;
}

int main(void) {
  // The kernel keeps 1 MiB free below a mapping that grows: so it gets a place with 8 MiB of room.
  size_t room = 8 << 20;
  unsigned char *free_room = map_anon(room), *map = free_room + room - 4 * PAGE;
  NEED(munmap(free_room, room) == 0);
  NEED(mmap(map, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0) == map);
  fill(map, 4 * PAGE, 20);
  NEED(descend(100) == 101);
  catch_faults();
  frozen_here();
  CHECK(descend(2500) == 2501, "the stack does not reach down");
  CHECK_FILLED(map, 4 * PAGE, 20);
  for (int page = 1; page <= 20; page++)
    CHECK(!FAULTS(*(volatile char *)(map - page * PAGE) = 1), "the mapping did not grow to page -%d", page);
  return ok();
}
