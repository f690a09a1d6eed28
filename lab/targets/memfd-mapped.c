// Mappings of a memfd, shared, read-only and private, go on seeing each other and the file, as far as they did.
#include "target.h"

int main(void) {
  static unsigned char page[PAGE];
  int fd = memfd_create("mapped", 0), reader;
  NEED(fd >= 0 && ftruncate(fd, 4 * PAGE) == 0);
  NEED((reader = open("/proc/self/fd/3", O_RDONLY)) >= 0);
  unsigned char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  unsigned char *part = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * PAGE);
  unsigned char *look = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, reader, 0);
  unsigned char *own = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(shared != MAP_FAILED && part != MAP_FAILED && look != MAP_FAILED && own != MAP_FAILED);
  fill(shared, 4 * PAGE, 9);
  fill(own, PAGE, 10);
  frozen_here();
  CHECK_FILLED(shared, 4 * PAGE, 9);
  CHECK_FILLED(own, PAGE, 10);
  CHECK(memcmp(own + PAGE, shared + PAGE, PAGE) == 0 && memcmp(part, shared + 2 * PAGE, PAGE) == 0, "bytes differ");
  part[1] = 1, own[PAGE] = 2;
  CHECK(shared[2 * PAGE + 1] == 1 && look[2 * PAGE + 1] == 1, "they do not share memory");
  CHECK(pread(reader, page, 2, 2 * PAGE) == 2 && page[1] == 1, "the file does not have what was written to its mapping");
  CHECK(pwrite(fd, "w", 1, 3 * PAGE) == 1 && look[3 * PAGE] == 'w', "a mapping does not show what is written to the file");
  CHECK(shared[PAGE] == pattern(PAGE, 9), "the private mapping writes to the file");
  CHECK(mprotect(look, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES, "the read-only one can be made writable");
  CHECK(write(reader, "x", 1) == -1 && errno == EBADF, "the read-only descriptor writes");
  return ok();
}
