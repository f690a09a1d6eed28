// Generated code runs after the restore, is kept while being rewritten, and can be written again.
#include "target.h"

int main(void) {
  unsigned char *code = map_anon(16 * PAGE);
  for (unsigned n = 0; n < 4000; n++) {  // mov $n,%eax; ret
    unsigned char *at = code + n * 16;
    at[0] = 0xb8, memcpy(at + 1, &n, 4), at[5] = 0xc3;
  }
  NEED(mprotect(code, 8 * PAGE, PROT_READ | PROT_EXEC) == 0);
  NEED(mprotect(code + 8 * PAGE, 8 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
  frozen_here();
  for (unsigned n = 0; n < 4000; n++) {
    unsigned got = ((unsigned (*)(void))(uintptr_t)(code + n * 16))();
    CHECK(got == n, "function %u returns %u", n, got);
  }
  unsigned char *last = code + 3999 * 16;
  last[1] = 5, last[2] = last[3] = last[4] = 0;
  CHECK(((int (*)(void))(uintptr_t)last)() == 5, "code written after the restore does not run");
  return ok();
}
