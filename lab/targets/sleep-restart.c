// A sleep that was frozen half-way sleeps on and ends without an error.
#include "target.h"

int main(int argc, char **argv) {
  NEED(argc == 2);
  struct timespec wanted = {.tv_sec = atoi(argv[1])}, left = {0};
  double start = monotonic();
  ready();
  int result = nanosleep(&wanted, &left);
  double slept = monotonic() - start;
  CHECK(result == 0, "nanosleep: %s, %ld s left", strerror(errno), (long)left.tv_sec);
  CHECK(slept >= wanted.tv_sec && slept < wanted.tv_sec + 60, "slept %.2f s", slept);
  return ok();
}
