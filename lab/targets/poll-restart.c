// A poll with a timeout on a pipe of its own that stays empty ends with the timeout.
#include "target.h"
#include <poll.h>

int main(int argc, char **argv) {
  NEED(argc == 2);
  int wait_ms = 1000 * atoi(argv[1]);
  int pipe_ends[2];
  NEED(pipe(pipe_ends) == 0);
  struct pollfd wanted = {.fd = pipe_ends[0], .events = POLLIN};
  double start = monotonic();
  ready();
  int result = poll(&wanted, 1, wait_ms);
  CHECK(result == 0, "poll gave %d: %s", result, strerror(errno));
  CHECK((monotonic() - start) * 1000 >= wait_ms - 10, "poll ended after %.2f s", monotonic() - start);
  CHECK(write(pipe_ends[1], "x", 1) == 1 && poll(&wanted, 1, 0) == 1, "the pipe does not work");
  return ok();
}
