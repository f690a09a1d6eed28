// Every general register, the stack pointer included, holds its value across the freeze.
#include "any-thread.h"

// The stack pointer is one of the registers, so it points at `over`, with room for a signal frame below it.
static struct {
  unsigned char room[64 << 10];
  volatile uintptr_t over, own_sp, own_bp, own_bx, saved[17];
} stack __attribute__((aligned(64)));

static void on_usr1(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  stack.over = 1;
}

#ifdef __x86_64__
#define REGISTERS(X) X(rax, 1) X(rbx, 2) X(rcx, 3) X(rdx, 4) X(rsi, 5) X(rdi, 6) X(rbp, 7) X(r8, 8) X(r9, 9) \
  X(r10, 10) X(r11, 11) X(r12, 12) X(r13, 13) X(r14, 14) X(r15, 15)
#define LOAD(name, n) "mov $0x1122334455660000 + " #n ", %%" #name "\n\t"
#define PATTERN 0x1122334455660000
#define SP "%%rsp"
#define BP "%%rbp"
#define BX "%%rbx"
#define A "%%rax"
#define WORD "8*"
#define CLOBBERED "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
#else
#define REGISTERS(X) X(eax, 1) X(ebx, 2) X(ecx, 3) X(edx, 4) X(esi, 5) X(edi, 6) X(ebp, 7)
#define LOAD(name, n) "mov $0x11220000 + " #n ", %%" #name "\n\t"
#define PATTERN 0x11220000
#define SP "%%esp"
#define BP "%%ebp"
#define BX "%%ebx"
#define A "%%eax"
#define WORD "4*"
#define CLOBBERED "ecx", "edx", "esi", "edi"
#endif
#define SAVE(name, n) "mov %%" #name ", " WORD "(4+" #n ")(" SP ")\n\t"

static int target(void) {
  uintptr_t sp;
  catch_with(SIGUSR1, on_usr1, 0);
  ready();
  __asm__ volatile("mov " SP ", " WORD "1(%[top])\n\t mov " BP ", " WORD "2(%[top])\n\t mov " BX ", " WORD "3(%[top])\n\t"
                   "mov %[top], " SP "\n\t" REGISTERS(LOAD)
                   "77: cmpl $0, (" SP ")\n\t je 77b\n\t" REGISTERS(SAVE)
                   "mov " SP ", " A "\n\t mov " WORD "3(" SP "), " BX "\n\t mov " WORD "2(" SP "), " BP "\n\t mov " WORD "1(" SP "), " SP
                   : "=a"(sp) : [top] "0"(&stack.over) : "memory", "cc", CLOBBERED);
#define COMPARE(name, n) CHECK(stack.saved[n] == PATTERN + n, #name " is %#lx", (long)stack.saved[n]);
  REGISTERS(COMPARE)
  CHECK(sp == (uintptr_t)&stack.over, "the stack pointer is %#lx, was %p", (long)sp, (void *)&stack.over);
  return ok();
}
