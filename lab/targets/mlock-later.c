// Memory that is to be locked once it is touched still is, and so is memory that is mapped later.
#include "target.h"

static long status_kb(const char *name) {
  char text[8192];
  read_text("/proc/self/status", text, sizeof text);
  return strtol(strstr(text, name) + strlen(name), NULL, 10);
}

int main(int argc, char **argv) {
  int on_fault = argc > 1 && strcmp(argv[1], "on-fault") == 0;
  unsigned char *map = map_anon(1024 * PAGE), resident[1024];
  long usual = status_kb("VmLck:");
  NEED(syscall(SYS_mlock2, map, 1024 * PAGE, 1 /* MLOCK_ONFAULT */) == 0 && status_kb("VmLck:") == usual + 4096);
  NEED(mlockall(MCL_FUTURE | (on_fault ? MCL_ONFAULT : 0)) == 0);
  map[0] = 19;
  frozen_here();
  CHECK(mincore(map, 1024 * PAGE, resident) == 0, "mincore: %s", strerror(errno));
  CHECK(map[0] == 19 && (resident[0] & 1) && !(resident[9] & 1), "what was touched is not what is locked");
  long before = status_kb("VmLck:");
  unsigned char *later = map_anon(64 * PAGE);
  CHECK(status_kb("VmLck:") == before + 256, "memory that is mapped later is not locked");
  CHECK(mincore(later, PAGE, resident) == 0 && (resident[0] & 1) == !on_fault, "it is there %s", on_fault ? "at once" : "only once it is touched");
  CHECK(munlock(map, 1024 * PAGE) == 0 && munlockall() == 0 && status_kb("VmLck:") == 0, "it cannot be unlocked");
  return ok();
}
