// A memfd that is mapped and no longer open keeps what can be seen of it: bytes, aliases, and where it ends.
#include "fault.h"

int main(void) {
  int fd = memfd_create("closed", 0);
  NEED(fd >= 0 && ftruncate(fd, 3 * PAGE + 100) == 0);
  unsigned char *first = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  unsigned char *last = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
  NEED(first != MAP_FAILED && last != MAP_FAILED && close(fd) == 0);
  fill(first, 2 * PAGE, 3);
  fill(last + PAGE, PAGE, 4);
  catch_faults();
  frozen_here();
  CHECK_FILLED(first, 2 * PAGE, 3);
  CHECK_FILLED(last + PAGE, PAGE, 4);
  first[PAGE] = 42;
  CHECK(last[0] == 42, "they do not share memory");
  CHECK(!FAULTS(*(volatile char *)(last + 2 * PAGE)), "its last page is gone");
  CHECK(FAULTS(*(volatile char *)(last + 3 * PAGE)) && fault.si_signo == SIGBUS, "no SIGBUS past its end");
  return ok();
}
