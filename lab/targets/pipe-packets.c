// A pipe in packet mode keeps its packets apart.
#include "target.h"

int main(void) {
  char bytes[100];
  int ends[2];
  NEED(pipe2(ends, O_DIRECT) == 0);
  for (int n = 1; n <= 5; n++) NEED(write(ends[1], "abcdefgh", (size_t)n) == n);
  frozen_here();
  for (int n = 1; n <= 5; n++) {
    ssize_t got = read(ends[0], bytes, sizeof bytes);
    CHECK(got == n && memcmp(bytes, "abcdefgh", (size_t)n) == 0, "packet %d has %zd bytes", n, got);
  }
  CHECK(fcntl(ends[1], F_GETFL) & O_DIRECT, "packet mode is lost");
  return ok();
}
