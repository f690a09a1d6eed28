/* Nice values that a process may take whichever it was started with, as under nice(1). */
#pragma once
#include <sys/resource.h>

static int nicer_than(int steps) {
  int nice = getpriority(PRIO_PROCESS, 0) + steps + 1;
  return nice < 19 ? nice : 19;
}
