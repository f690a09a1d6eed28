// Ends of a pipe that were opened again through /proc keep flags of their own, and share what is in the pipe.
#include "target.h"

static int again(int fd, int flags) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int opened = open(path, flags);
  NEED(opened >= 0);
  return opened;
}

static int flags_of(int fd) { return fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_DIRECT | O_APPEND | O_PATH); }

/* Whether changing the flags of one changes those of the other. */
static int is_one(int a, int b) {
  int before = fcntl(b, F_GETFL), own = fcntl(a, F_GETFL);
  NEED(fcntl(a, F_SETFL, own ^ O_APPEND) == 0);
  int changed = fcntl(b, F_GETFL) != before;
  NEED(fcntl(a, F_SETFL, own) == 0);
  return changed;
}

int main(void) {
  int ends[2], lone[2];
  char got[16];
  NEED(pipe(ends) == 0 && pipe(lone) == 0);
  int reader = again(ends[0], O_RDONLY | O_NONBLOCK), writer = again(ends[1], O_WRONLY), both = again(ends[0], O_RDWR);
  int same = dup(reader), place = again(ends[1], O_PATH | O_CLOEXEC), kept = again(lone[0], O_RDWR | O_NONBLOCK);
  NEED(same >= 0 && fcntl(writer, F_SETFL, O_DIRECT | O_APPEND) == 0 && close(lone[0]) == 0 && close(lone[1]) == 0);
  NEED(write(both, "waiting", 7) == 7 && write(kept, "kept", 4) == 4);
  frozen_here();
  CHECK(flags_of(ends[0]) == O_RDONLY && flags_of(ends[1]) == O_WRONLY, "the first ends have other flags");
  CHECK(flags_of(reader) == (O_RDONLY | O_NONBLOCK), "the second reader's flags are %o", flags_of(reader));
  CHECK(flags_of(writer) == (O_WRONLY | O_DIRECT | O_APPEND), "the second writer's flags are %o", flags_of(writer));
  CHECK(flags_of(both) == O_RDWR && flags_of(kept) == (O_RDWR | O_NONBLOCK), "flags of both ends: %o, %o", flags_of(both), flags_of(kept));
  CHECK(flags_of(place) == O_PATH && fcntl(place, F_GETFD) == FD_CLOEXEC, "the place of the pipe has flags %o", flags_of(place));
  CHECK(is_one(same, reader) && !is_one(reader, ends[0]) && !is_one(writer, ends[1]) && !is_one(both, reader), "others share");
  CHECK(read(reader, got, sizeof got) == 7 && memcmp(got, "waiting", 7) == 0, "what waited is lost");
  CHECK(read(same, got, 1) == -1 && errno == EAGAIN, "it waited twice");
  CHECK(read(kept, got, sizeof got) == 4 && memcmp(got, "kept", 4) == 0, "what waited in the other is lost");
  CHECK(close(ends[0]) == 0 && close(reader) == 0 && close(same) == 0 && write(writer, "on", 2) == 2, "no reader is left");
  CHECK(read(both, got, sizeof got) == 2 && close(both) == 0, "the ends lead to two pipes");
  NEED(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  CHECK(write(writer, "on", 2) == -1 && errno == EPIPE, "there is one reader more");
  return ok();
}
