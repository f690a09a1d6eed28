// A log that was longer than it is read so far is read on to its end.
#include "target.h"

int main(void) {
  static char text[200000];
  int writer = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600), reader = open("log", O_RDONLY);
  fill(text, sizeof text, 30);
  NEED(write(writer, text, sizeof text) == sizeof text && read(reader, text, 100000) == 100000);
  frozen_here();
  CHECK(write(writer, text, 10) == 10, "write: %s", strerror(errno));
  CHECK(read(reader, text + 100000, 100000) == 100000, "read: %s", strerror(errno));
  CHECK_FILLED(text, sizeof text, 30);
  CHECK(read(reader, text, 100) == 10, "the ten new bytes are not there");
  return ok();
}
