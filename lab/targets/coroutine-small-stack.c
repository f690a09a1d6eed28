// Frozen on a stack so small that nothing below the stack pointer is dead: the bytes just below it belong to others.
#include "target.h"

// A call on a 512-byte stack that lies between two live arrays: read(0, …) is made there by raw system call.
static struct { unsigned char below[8192]; unsigned char stack[512]; unsigned char above[8192]; } block;
static char line[16];

int main(void) {
  fill(block.below, sizeof block.below, 24), fill(block.above, sizeof block.above, 25);
  long result;
  ready();
#ifdef __x86_64__
  __asm__ volatile("mov %%rsp, %%rbx\n\t mov %[top], %%rsp\n\t syscall\n\t mov %%rbx, %%rsp"
                   : "=a"(result) : "0"(SYS_read), "D"(0), "S"(line), "d"(sizeof line), [top] "r"(block.stack + 256)
                   : "rbx", "rcx", "r11", "memory");
#else
  __asm__ volatile("mov %%esp, %%esi\n\t mov %[top], %%esp\n\t int $0x80\n\t mov %%esi, %%esp"
                   : "=a"(result) : "0"(SYS_read), "b"(0), "c"(line), "d"(sizeof line), [top] "D"(block.stack + 256)
                   : "esi", "memory");
#endif
  CHECK(result >= 0, "read gave %ld", result);
  CHECK_FILLED(block.below, sizeof block.below, 24);
  CHECK_FILLED(block.above, sizeof block.above, 25);
  return ok();
}
