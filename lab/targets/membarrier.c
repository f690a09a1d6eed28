// What a process has registered for with membarrier still serves it.
#include "target.h"

static long membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

/* linux/membarrier.h: each command, and the one that registers for it. */
static const struct { int use, registers; } COMMANDS[] = {{1 << 3, 1 << 4}, {1 << 5, 1 << 6}, {1 << 7, 1 << 8}};
enum { COUNT = sizeof COMMANDS / sizeof *COMMANDS, GLOBAL = 1 << 2, REGISTRATIONS = 1 << 9 };

int main(void) {
  int has[COUNT];
  long supported = membarrier(0);
  NEED(supported > 0 && membarrier(GLOBAL) == 0);
  for (int n = 0; n < COUNT; n++) {
    CHECK(!(supported & COMMANDS[n].use) || (membarrier(COMMANDS[n].use) == -1 && errno == EPERM), "command %d is not registered for", COMMANDS[n].use);
    has[n] = (supported & COMMANDS[n].registers) && n != 1; /* not for all: what was not is not afterwards */
    NEED(!has[n] || membarrier(COMMANDS[n].registers) == 0);
  }
  long before = membarrier(REGISTRATIONS);
  frozen_here();
  for (int n = 0; n < COUNT; n++)
    CHECK(membarrier(COMMANDS[n].use) == (has[n] ? 0 : -1), "command %d: %s", COMMANDS[n].use, strerror(errno));
  long after = membarrier(REGISTRATIONS);
  CHECK(before < 0 || after < 0 || before == after, "registrations %#lx → %#lx", before, after);
  return ok();
}
