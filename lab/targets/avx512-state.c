// 512-bit registers and mask registers are live across the freeze, on processors that have them.
#include "any-thread.h"
#include "spin.h"

#define LOW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#ifdef __x86_64__
#define ALL(X) LOW(X) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) \
  X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
enum { COUNT = 32 };
#else
#define ALL LOW
enum { COUNT = 8 };
#endif
#define LOAD_ZMM(n) "vmovups 64*" #n "(%[in]), %%zmm" #n "\n\t"
#define SAVE_ZMM(n) "vmovups %%zmm" #n ", 64*" #n "(%[out])\n\t"
#define LOAD_K(n) "kmovw 2*" #n "(%[masks]), %%k" #n "\n\t"
#define SAVE_K(n) "kmovw %%k" #n ", 2*" #n "(%[masks_out])\n\t"

static unsigned char in[COUNT][64], out[COUNT][64];
static uint16_t masks[8], masks_out[8];

static int target(void) {
  fill(in, sizeof in, 28), fill(masks, sizeof masks, 29);
  end_spin_by_usr1();
  ready();
  if (!__builtin_cpu_supports("avx512f")) {
    __asm__ volatile(SPIN : : [over] "m"(spin_over) : "cc", "memory");
    return ok();
  }
  __asm__ volatile(ALL(LOAD_ZMM) LOW(LOAD_K) SPIN ALL(SAVE_ZMM) LOW(SAVE_K) "vzeroupper"
                   : : [in] "r"(in), [out] "r"(out), [masks] "r"(masks), [masks_out] "r"(masks_out), [over] "m"(spin_over)
                   : "memory", "cc");
  for (int n = 0; n < COUNT; n++) CHECK(memcmp(in[n], out[n], 64) == 0, "zmm%d changed", n);
  for (int n = 0; n < 8; n++) CHECK(masks[n] == masks_out[n], "k%d is %#x, was %#x", n, masks_out[n], masks[n]);
  return ok();
}
