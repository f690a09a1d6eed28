// A jump buffer (whose pointers libc mangles with a secret of the process) made before still leads back.
#include "target.h"
#include <setjmp.h>

static jmp_buf back;
static volatile int passes;

__attribute__((noinline)) static void jump(int depth) {
  if (depth) jump(depth - 1);
  longjmp(back, 41 + passes);
}

int main(void) {
  volatile int local = 7;
  int value = setjmp(back);
  if (value == 0) {
    frozen_here();
    passes = 1;
    jump(10);
  }
  CHECK(value == 42 && local == 7 && passes == 1, "came back with %d, local %d", value, local);
  return ok();
}
