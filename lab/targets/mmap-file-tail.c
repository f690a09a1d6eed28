// A file mapping ends in the middle of a page: the rest of that page reads as zeros, keeps what is written there, and pages past the end raise SIGBUS.
#include "fault.h"

int main(void) {
  static unsigned char content[PAGE + 100];
  fill(content, sizeof content, 7);
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(fd >= 0 && write(fd, content, sizeof content) == sizeof content);
  unsigned char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(map != MAP_FAILED && close(fd) == 0);
  map[PAGE + 2000] = 42;
  catch_faults();
  frozen_here();
  CHECK_FILLED(map, sizeof content, 7);
  CHECK(map[PAGE + 2000] == 42, "a byte written past the end is lost");
  CHECK_ZERO(map + sizeof content, 2000 - 100);
  CHECK(FAULTS(*(volatile char *)(map + 2 * PAGE)) && fault.si_signo == SIGBUS, "no SIGBUS past the end of the file");
  return ok();
}
