// The x87 stack, its top, tags, control word and sticky flags are live across the freeze.
#include "any-thread.h"
#include "spin.h"

struct __attribute__((packed)) environment { uint32_t control, status, tag, rest[4]; unsigned char stack[8][10]; };

static int target(void) {
  static struct environment before, after;
  static const uint16_t control = 0x0a7f;  // round up, double precision, all masked
  static const double values[5] = {1.0, -2.5, 1e300, 3.14159, 0.0};
  end_spin_by_usr1();
  // Five values (so three registers are empty and the top is 3), and 1/0 for the sticky flag.
  __asm__ volatile("fninit\n\t fldcw %[control]\n\t fldl (%[values])\n\t fldl 8(%[values])\n\t fldl 16(%[values])\n\t"
                   "fldl 24(%[values])\n\t fldl 32(%[values])\n\t fld1\n\t fdiv %%st(1), %%st\n\t fstp %%st(0)\n\t"
                   "fnsave %[before]\n\t frstor %[before]"
                   : [before] "=m"(before) : [control] "m"(control), [values] "r"(values) : "memory");
  ready();
  __asm__ volatile(SPIN "fnsave %[after]" : [after] "=m"(after) : [over] "m"(spin_over) : "memory", "cc");
  NEED((before.status & 4) && (before.status >> 11 & 7) == 3);
  CHECK(before.control == after.control, "control word is %#x, was %#x", after.control, before.control);
  CHECK((before.status & 0xffff) == (after.status & 0xffff), "status word is %#x, was %#x", after.status, before.status);
  CHECK(before.tag == after.tag, "tag word is %#x, was %#x", after.tag, before.tag);
  for (int n = 0; n < 5; n++) CHECK(memcmp(before.stack[n], after.stack[n], 10) == 0, "st(%d) changed", n);
  return ok();
}
