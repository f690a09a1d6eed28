// POSIX shared memory that still has its name is the same object afterwards: who opens the name sees what is written.
#include "target.h"

int main(void) {
  char name[64];
  snprintf(name, sizeof name, "/elfreeze-%d", getpid());
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
  unsigned char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(map != MAP_FAILED);
  fill(map, 2 * PAGE, 8);
  frozen_here();
  CHECK_FILLED(map, 2 * PAGE, 8);
  int again = shm_open(name, O_RDWR, 0);
  unsigned char byte;
  map[PAGE] = 3;
  CHECK(again >= 0 && pread(again, &byte, 1, PAGE) == 1 && byte == 3, "the name leads elsewhere");
  CHECK(shm_unlink(name) == 0, "shm_unlink: %s", strerror(errno));
  return ok();
}
