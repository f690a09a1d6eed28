// A descriptor opened with O_PATH leads to what it led to: a file, a directory, a symbolic link, a FIFO, a socket's file.
#include "target.h"
#include <sys/socket.h>
#include <sys/un.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

static const char *const NAMES[] = {"file", "directory", "link", "fifo", "socket", "file-deleted"};
#define COUNT (sizeof NAMES / sizeof *NAMES)

int main(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  struct stat before[COUNT], after;
  int fds[COUNT], file = open("file", O_CREAT | O_RDWR, 0600), deleted = open("file-deleted", O_CREAT | O_RDWR, 0600), server = socket(AF_UNIX, SOCK_STREAM, 0);
  char text[8] = "";
  NEED(write(file, "inside", 6) == 6 && write(deleted, "inside", 6) == 6 && mkdir("directory", 0700) == 0 && symlink("file", "link") == 0);
  NEED(mkfifo("fifo", 0600) == 0 && bind(server, (struct sockaddr *)&address, sizeof address) == 0 && close(server) == 0);
  for (size_t n = 0; n < COUNT; n++) {
    fds[n] = open(NAMES[n], n < COUNT - 1 ? O_PATH | O_NOFOLLOW : O_PATH);
    NEED(fds[n] >= 0 && fstat(fds[n], &before[n]) == 0);
  }
  NEED(close(file) == 0 && close(deleted) == 0 && unlink("file-deleted") == 0);
  frozen_here();
  for (size_t n = 0; n < COUNT; n++) {
    CHECK(fcntl(fds[n], F_GETFL) & O_PATH, "%s was opened otherwise", NAMES[n]);
    CHECK(fstat(fds[n], &after) == 0 && (after.st_mode & S_IFMT) == (before[n].st_mode & S_IFMT), "%s is another kind of file", NAMES[n]);
    if (n < COUNT - 1) CHECK(after.st_ino == before[n].st_ino && after.st_dev == before[n].st_dev, "%s is another file", NAMES[n]);
  }
  CHECK(readlinkat(fds[2], "", text, sizeof text) == 4 && memcmp(text, "file", 4) == 0, "the symbolic link leads elsewhere");
  CHECK(openat(fds[1], "new", O_CREAT | O_RDWR, 0600) >= 0, "nothing can be made in the directory: %s", strerror(errno));
  char path[32], inside[8];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fds[COUNT - 1]);
  int again = open(path, O_RDONLY);
  CHECK(again >= 0 && read(again, inside, 8) == 6 && memcmp(inside, "inside", 6) == 0, "the deleted file has other bytes");
  return ok();
}
