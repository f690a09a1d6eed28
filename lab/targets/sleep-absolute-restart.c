// A sleep until a point in time that was frozen half-way ends without an error.
#include "target.h"

int main(int argc, char **argv) {
  NEED(argc == 2);
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += atoi(argv[1]);
  ready();
  int result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  CHECK(result == 0, "clock_nanosleep: %s", strerror(result));
  CHECK(monotonic() >= until.tv_sec + until.tv_nsec / 1e9, "ended too early");
  return ok();
}
