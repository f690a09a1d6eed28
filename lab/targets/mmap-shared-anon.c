// Shared anonymous memory keeps its bytes, and is still shared with a child made after the restore.
#include "target.h"
#include <sys/wait.h>

int main(void) {
  unsigned char *map = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(map != MAP_FAILED);
  fill(map, 8 * PAGE, 10);
  frozen_here();
  CHECK_FILLED(map, 8 * PAGE, 10);
  pid_t child = fork();
  if (child == 0) map[3 * PAGE] ^= 0xFF, _exit(7);
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child, "no child: %s", strerror(errno));
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "child ended with %#x", status);
  CHECK(map[3 * PAGE] == (unsigned char)(pattern(3 * PAGE, 10) ^ 0xFF), "what the child wrote is not seen");
  return ok();
}
