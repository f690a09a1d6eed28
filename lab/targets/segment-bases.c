// FS and GS bases (x86-64), or an extra TLS descriptor with its selector (i386), are kept.
#include "any-thread.h"

static uint32_t block[16];

#ifdef __x86_64__
// asm/prctl.h
enum { ARCH_SET_GS = 0x1001, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004 };

static int target(void) {
  unsigned long fs = 0, gs = 0;
  block[3] = 0x12345678;
  NEED(syscall(SYS_arch_prctl, ARCH_SET_GS, block) == 0);
  NEED(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0);
  unsigned long before = fs;
  frozen_here();
  uint32_t value;
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0 && fs == before, "FS base is %#lx, was %#lx", fs, before);
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) == 0 && gs == (unsigned long)block, "GS base is %#lx", gs);
  __asm__ volatile("movl %%gs:12, %0" : "=r"(value));
  CHECK(value == 0x12345678, "gs:12 is %#x", value);
  return ok();
}
#else
// asm/ldt.h
struct user_desc {
  unsigned entry_number, base_addr, limit;
  unsigned seg_32bit : 1, contents : 2, read_exec_only : 1, limit_in_pages : 1, seg_not_present : 1, useable : 1;
};

static int target(void) {
  struct user_desc extra = {.entry_number = -1u, .base_addr = (uintptr_t)block, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1}, now;
  block[3] = 0x12345678;
  NEED(syscall(SYS_set_thread_area, &extra) == 0);
  unsigned selector = extra.entry_number * 8 + 3, kept, value;
  __asm__ volatile("mov %w0, %%fs" : : "r"(selector));
  frozen_here();
  __asm__ volatile("mov %%fs, %w0" : "=r"(kept) : "0"(0));
  CHECK(kept == selector, "fs is %#x, was %#x", kept, selector);
  __asm__ volatile("movl %%fs:12, %0" : "=r"(value));
  CHECK(value == 0x12345678, "fs:12 is %#x", value);
  memset(&now, 0, sizeof now), now.entry_number = extra.entry_number;
  CHECK(syscall(SYS_get_thread_area, &now) == 0, "get_thread_area: %s", strerror(errno));
  CHECK(now.base_addr == extra.base_addr && now.limit == extra.limit, "descriptor: base %#x limit %#x", now.base_addr, now.limit);
  return ok();
}
#endif
