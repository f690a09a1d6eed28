// The direction, carry, parity, sign, overflow, alignment-check and ID flags hold across the freeze.
#include "any-thread.h"
#include "spin.h"

static int target(void) {
  // CF PF AF SF OF DF AC ID, and the bit that is always set. ZF stays clear: the spin below changes no flag.
  const uintptr_t wanted = 0x1 | 0x2 | 0x4 | 0x10 | 0x80 | 0x800 | 0x400 | 0x40000 | 0x200000, mask = wanted | 0x40;
  uintptr_t got, scratch;
  volatile int *over = &spin_over;
  end_spin_by_usr1();
  ready();
  // jecxz/jrcxz tests without touching flags. The signal's handler runs with DF and AC clear: the kernel sees to DF, and AC is
  // harmless here because gcc's code for it is aligned.
#ifdef __x86_64__
  __asm__ volatile("sub $256, %%rsp\n\t push %[wanted]\n\t popfq\n\t"
                   "77: mov (%[over]), %%ecx\n\t jrcxz 77b\n\t"
                   "pushfq\n\t pop %[got]\n\t push $0x202\n\t popfq\n\t cld\n\t add $256, %%rsp"
                   : [got] "=&r"(got), "=&c"(scratch) : [wanted] "r"(wanted), [over] "r"(over) : "memory", "cc");
#else
  __asm__ volatile("push %[wanted]\n\t popfl\n\t"
                   "77: mov (%[over]), %%ecx\n\t jecxz 77b\n\t"
                   "pushfl\n\t pop %[got]\n\t push $0x202\n\t popfl\n\t cld"
                   : [got] "=&r"(got), "=&c"(scratch) : [wanted] "r"(wanted), [over] "r"(over) : "memory", "cc");
#endif
  CHECK((got & mask) == wanted, "flags are %#lx, were %#lx", (long)(got & mask), (long)wanted);
  return ok();
}
