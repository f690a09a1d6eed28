// Sealed memory (mseal) keeps its bytes and stays sealed; its neighbours are not.
#include "target.h"
#define NR_MSEAL 462

int main(void) {
  unsigned char *map = map_anon(4 * PAGE);
  fill(map, 4 * PAGE, 21);
  NEED(mprotect(map + PAGE, 2 * PAGE, PROT_READ) == 0);
  int sealed = syscall(NR_MSEAL, map + PAGE, 2 * PAGE, 0) == 0;
  NEED(sealed || errno == ENOSYS); /* Linux 6.10 */
  frozen_here();
  CHECK_FILLED(map, 4 * PAGE, 21);
  CHECK(!sealed || (mprotect(map + PAGE, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EPERM), "its protection changes");
  CHECK(!sealed || (munmap(map + 2 * PAGE, PAGE) == -1 && errno == EPERM), "it can be unmapped");
  CHECK(mprotect(map, PAGE, PROT_READ) == 0 && munmap(map + 3 * PAGE, PAGE) == 0, "its neighbours are sealed too");
  return ok();
}
