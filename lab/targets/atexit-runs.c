// Functions registered for the exit (libc mangles their addresses with a secret of the process) run, last one first.
#include "target.h"

static int ran;
static void first(void) { say(ran == 1 ? "first ran second\nok\n" : "differs: wrong order\n"); }
static void second(void) { ran = 1; }

int main(void) {
  NEED(atexit(first) == 0 && atexit(second) == 0);
  frozen_here();
  return 3;
}
