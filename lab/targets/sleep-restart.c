// A sleep that was frozen half-way sleeps on and ends without an error.
#include "target.h"

int main(void) {
  struct timespec two = {.tv_sec = 2}, left = {0};
  double start = monotonic();
  ready();
  int result = nanosleep(&two, &left);
  double slept = monotonic() - start;
  CHECK(result == 0, "nanosleep: %s, %ld s left", strerror(errno), (long)left.tv_sec);
  CHECK(slept >= 2 && slept < 60, "slept %.2f s", slept);
  return ok();
}
