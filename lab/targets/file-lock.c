// Record locks that the process holds on a file still keep others out.
#include "target.h"
#include <sys/wait.h>

/* Seen from a child: whether somebody holds a lock there. */
static int locked(int fd, short type, off_t start) {
  pid_t child = fork();
  if (child == 0) {
    struct flock wanted = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    _exit(fcntl(fd, F_GETLK, &wanted) != 0 ? 2 : wanted.l_type != F_UNLCK);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) < 2, "the child ended with %#x", status);
  return WEXITSTATUS(status);
}

int main(void) {
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
  struct flock write_lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
  struct flock read_lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 5};
  NEED(fd >= 0 && fcntl(fd, F_SETLK, &write_lock) == 0 && fcntl(fd, F_SETLK, &read_lock) == 0);
  frozen_here();
  CHECK(locked(fd, F_RDLCK, 12), "the write lock is lost");
  CHECK(locked(fd, F_WRLCK, 102), "the read lock is lost");
  CHECK(!locked(fd, F_RDLCK, 102) && !locked(fd, F_WRLCK, 50), "there is more locked than was");
  return ok();
}
