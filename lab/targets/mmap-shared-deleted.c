// Shared mappings of deleted files, POSIX shared memory without a name too, keep their bytes and whom they share them with.
#include "target.h"

static unsigned char *shared(int fd, size_t pages) {
  unsigned char *map = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(map != MAP_FAILED);
  return map;
}

int main(void) {
  char name[64];
  snprintf(name, sizeof name, "/elfreeze-%d", getpid());
  int file = open("gone", O_RDWR | O_CREAT | O_TRUNC, 0600), memory = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(file >= 0 && memory >= 0 && shm_unlink(name) == 0 && unlink("gone") == 0);
  NEED(ftruncate(file, 2 * PAGE) == 0 && ftruncate(memory, 3 * PAGE) == 0);
  unsigned char *open_one = shared(file, 2), *one = shared(memory, 3), *other = shared(memory, 3);
  NEED(close(memory) == 0);
  fill(open_one, 2 * PAGE, 6);
  fill(one, 3 * PAGE, 7);
  frozen_here();
  CHECK_FILLED(open_one, 2 * PAGE, 6);
  CHECK_FILLED(one, 3 * PAGE, 7);
  one[PAGE] = 1, open_one[PAGE] = 2;
  CHECK(other[PAGE] == 1, "the two mappings do not share memory");
  unsigned char byte;
  CHECK(pread(file, &byte, 1, PAGE) == 1 && byte == 2, "the file does not have what was written to its mapping");
  return ok();
}
