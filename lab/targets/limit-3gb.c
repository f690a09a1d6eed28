// A program of 32 bits that is to stay below 3 GiB gets memory there, before and after.
#include "target.h"
#include <sys/personality.h>

static void get_some(void) {
  unsigned char *memory = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED, "mmap: %s", strerror(errno));
  CHECK((uintptr_t)memory < 0xc0000000, "memory at %p", memory);
  memory[(8 << 20) - 1] = 1;
}

int main(int argc, char **argv) {
  int flags = personality(0xffffffff);
  NEED(argc > 0 && flags >= 0);
  if (!(flags & ADDR_LIMIT_3GB)) {
    NEED(personality((unsigned long)flags | ADDR_LIMIT_3GB) >= 0);
    execv("/proc/self/exe", argv);
    NEED(!"execv came back");
  }
  get_some();
  frozen_here();
  CHECK(personality(0xffffffff) == flags, "the flags are %#x, were %#x", personality(0xffffffff), flags);
  get_some();
  return ok();
}
