// FIFOs whose ends are all in the process keep what is in them, and their ends work on.
#include "target.h"

int main(void) {
  char got[16];
  NEED(mkfifo("fifo", 0600) == 0 && mkfifo("other", 0600) == 0);
  int read_end = open("fifo", O_RDONLY | O_NONBLOCK), write_end = open("fifo", O_WRONLY), both = open("other", O_RDWR);
  NEED(read_end >= 0 && write_end >= 0 && both >= 0);
  NEED(write(write_end, "waiting", 7) == 7 && write(both, "here", 4) == 4 && fcntl(write_end, F_SETPIPE_SZ, 8192) == 8192);
  frozen_here();
  CHECK(read(read_end, got, sizeof got) == 7 && memcmp(got, "waiting", 7) == 0, "what waited is lost");
  CHECK(read(read_end, got, sizeof got) == -1 && errno == EAGAIN, "the flags are lost");
  CHECK(read(both, got, sizeof got) == 4 && memcmp(got, "here", 4) == 0, "what waited in the other is lost");
  CHECK(fcntl(read_end, F_GETPIPE_SZ) == 8192, "it has room for %d bytes", fcntl(read_end, F_GETPIPE_SZ));
  int again = open("fifo", O_WRONLY | O_NONBLOCK);
  CHECK(again >= 0 && write(again, "new", 3) == 3 && read(read_end, got, sizeof got) == 3, "its name leads elsewhere");
  CHECK(close(again) == 0 && close(write_end) == 0 && read(read_end, got, 1) == 0, "no end of file");
  return ok();
}
