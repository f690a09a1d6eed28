// A descriptor of a namespace that the process is in is one of a namespace that it is in.
#include "target.h"

static const char *const NAMES[] = {"ipc", "mnt", "net", "pid", "user", "uts"};
#define COUNT (sizeof NAMES / sizeof *NAMES)

static int opened(const char *name, int flags) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/ns/%s", name);
  return open(path, flags);
}

int main(void) {
  int fds[COUNT], found = 0;
  for (size_t n = 0; n < COUNT; n++) {
    fds[n] = opened(NAMES[n], n % 2 ? O_RDONLY | O_CLOEXEC : O_RDONLY);
    NEED(fds[n] >= 0 || errno == ENOENT); /* a kernel without this kind */
    found += fds[n] >= 0;
  }
  NEED(found > 0);
  frozen_here();
  for (size_t n = 0; n < COUNT; n++) {
    struct stat held, own;
    if (fds[n] < 0) continue;
    int fd = opened(NAMES[n], O_RDONLY);
    CHECK(fd >= 0 && fstat(fd, &own) == 0 && fstat(fds[n], &held) == 0, "%s: %s", NAMES[n], strerror(errno));
    CHECK(held.st_ino == own.st_ino && held.st_dev == own.st_dev, "%s is another one", NAMES[n]);
    CHECK(fcntl(fds[n], F_GETFD) == (n % 2 ? FD_CLOEXEC : 0), "%s is closed otherwise on exec", NAMES[n]);
  }
  return ok();
}
