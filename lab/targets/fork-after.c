// Children made after the restore start with the same memory, and their end is reported.
#include "target.h"
#include <sys/wait.h>

int main(void) {
  unsigned char *map = map_anon(16 * PAGE);
  fill(map, 16 * PAGE, 32);
  frozen_here();
  for (int n = 0; n < 5; n++) {
    pid_t child = fork();
    CHECK(child >= 0, "fork: %s", strerror(errno));
    if (child == 0) _exit(unfilled(map, 16 * PAGE, 32) == 16 * PAGE && getpid() == (pid_t)syscall(SYS_getpid) ? 40 + n : 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 40 + n, "child %d: status %#x", n, status);
  }
  CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "there are children that nobody made");
  return ok();
}
