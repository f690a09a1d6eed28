// A pipe with both ends inside the process keeps the bytes that are in it, and works on, end of file included.
#include "target.h"

int main(void) {
  static unsigned char bytes[50000], back[60000];
  int ends[2], empty[2];
  fill(bytes, sizeof bytes, 31);
  NEED(pipe(ends) == 0 && pipe(empty) == 0 && write(ends[1], bytes, sizeof bytes) == sizeof bytes);
  NEED(read(ends[0], back, 1000) == 1000);
  int duplicate = dup(ends[1]);
  NEED(duplicate >= 0);
  frozen_here();
  CHECK(write(duplicate, "tail", 4) == 4, "write: %s", strerror(errno));
  size_t length = 1000;
  for (ssize_t got; length < sizeof bytes + 4; length += (size_t)got)
    CHECK((got = read(ends[0], back + length, sizeof back - length)) > 0, "the pipe is empty after %zu bytes", length);
  CHECK(length == sizeof bytes + 4 && memcmp(back + sizeof bytes, "tail", 4) == 0, "%zu bytes came", length);
  CHECK_FILLED(back, sizeof bytes, 31);
  CHECK(close(ends[1]) == 0 && close(duplicate) == 0 && read(ends[0], back, 1) == 0, "no end of file");
  CHECK(write(empty[1], "e", 1) == 1 && read(empty[0], back, 10) == 1 && *back == 'e', "the empty pipe was not empty");
  return ok();
}
