// A read that waits for input sees the line that comes, whole, and neither an error nor an early end.
#include "target.h"

int main(void) {
  char line[64] = "";
  ready();
  ssize_t length = read(0, line, sizeof line);
  CHECK(length == 3, "read gave %zd: %s", length, length < 0 ? strerror(errno) : line);
  CHECK(memcmp(line, "go\n", 3) == 0, "read gave other bytes");
  return ok();
}
