// A pipe's capacity, each end's own flags, and its being full are kept.
#include "target.h"

int main(void) {
  static char page[PAGE];
  int ends[2], written = 0;
  NEED(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  NEED(fcntl(ends[1], F_SETPIPE_SZ, 4 * PAGE) == (int)(4 * PAGE));
  while (write(ends[1], page, PAGE) == (ssize_t)PAGE) written++;
  NEED(written == 4 && errno == EAGAIN);
  frozen_here();
  CHECK(fcntl(ends[1], F_GETPIPE_SZ) == (int)(4 * PAGE), "the capacity is %d", fcntl(ends[1], F_GETPIPE_SZ));
  CHECK((fcntl(ends[1], F_GETFL) & O_NONBLOCK) && !(fcntl(ends[0], F_GETFL) & O_NONBLOCK), "the ends' flags are others");
  CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC, "close-on-exec is lost");
  CHECK(write(ends[1], page, PAGE) == -1 && errno == EAGAIN, "the full pipe takes bytes");
  for (int n = 0; n < written; n++) CHECK(read(ends[0], page, PAGE) == (ssize_t)PAGE, "only %d pages were in it", n);
  return ok();
}
