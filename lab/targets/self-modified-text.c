// Code that the program wrote over its own text is what runs after the restore.
#include "target.h"

__attribute__((noinline, aligned(64))) static int answer(void) {
  __asm__ volatile("");
  return 1;
}

static int (*volatile call)(void) = answer;

int main(void) {
  static const unsigned char RETURN_42[] = {0xb8, 42, 0, 0, 0, 0xc3};  // mov $42,%eax; ret
  uintptr_t page = (uintptr_t)answer / PAGE * PAGE;
  NEED(call() == 1);
  NEED(mprotect((void *)page, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
  memcpy((void *)(uintptr_t)answer, RETURN_42, sizeof RETURN_42);
  NEED(mprotect((void *)page, 2 * PAGE, PROT_READ | PROT_EXEC) == 0);
  frozen_here();
  CHECK(call() == 42, "the function returns %d", call());
  return ok();
}
