// A file opened for appending appends, also behind what others have written since.
#include "target.h"

int main(void) {
  char text[32] = "";
  int fd = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600), other;
  NEED(fd >= 0 && write(fd, "one,", 4) == 4);
  frozen_here();
  CHECK(fcntl(fd, F_GETFL) & O_APPEND, "O_APPEND is lost");
  CHECK((other = open("log", O_RDWR | O_APPEND)) >= 0 && write(other, "two,", 4) == 4, "the file is gone: %s", strerror(errno));
  CHECK(write(fd, "three", 5) == 5 && pread(other, text, 31, 0) == 13, "the file has another length");
  CHECK(strcmp(text, "one,two,three") == 0, "the file holds `%s`", text);
  return ok();
}
