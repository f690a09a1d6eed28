// All vector registers (ymm where the processor has them) and MXCSR are live across the freeze.
#include "any-thread.h"
#include "spin.h"

#ifdef __x86_64__
#define REGISTERS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
enum { COUNT = 16 };
#else
#define REGISTERS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
enum { COUNT = 8 };
#endif
#define LOAD_YMM(n) "vmovups 32*" #n "(%[in]), %%ymm" #n "\n\t"
#define SAVE_YMM(n) "vmovups %%ymm" #n ", 32*" #n "(%[out])\n\t"
#define LOAD_XMM(n) "movups 32*" #n "(%[in]), %%xmm" #n "\n\t"
#define SAVE_XMM(n) "movups %%xmm" #n ", 32*" #n "(%[out])\n\t"

static unsigned char in[COUNT][32], out[COUNT][32];

static int target(void) {
  // Round down, flush to zero, all exceptions masked, the sticky "inexact" bit set.
  uint32_t wanted = 0xbfa0, got = 0;
  int avx = __builtin_cpu_supports("avx");
  fill(in, sizeof in, 27);
  end_spin_by_usr1();
  ready();
  if (avx)
    __asm__ volatile("ldmxcsr %[wanted]\n\t" REGISTERS(LOAD_YMM) SPIN REGISTERS(SAVE_YMM) "stmxcsr %[got]\n\t vzeroupper"
                     : [got] "=m"(got) : [wanted] "m"(wanted), [in] "r"(in), [out] "r"(out), [over] "m"(spin_over) : "memory", "cc");
  else
    __asm__ volatile("ldmxcsr %[wanted]\n\t" REGISTERS(LOAD_XMM) SPIN REGISTERS(SAVE_XMM) "stmxcsr %[got]"
                     : [got] "=m"(got) : [wanted] "m"(wanted), [in] "r"(in), [out] "r"(out), [over] "m"(spin_over) : "memory", "cc");
  for (int n = 0; n < COUNT; n++) CHECK(memcmp(in[n], out[n], avx ? 32 : 16) == 0, "vector register %d changed", n);
  CHECK(got == wanted, "MXCSR is %#x, was %#x", got, wanted);
  return ok();
}
