// Every combination of read, write and execute permission is kept, with the bytes under it.
#include "fault.h"

static const unsigned char RETURN_7[] = {0xb8, 7, 0, 0, 0, 0xc3};  // mov $7,%eax; ret

int main(void) {
  unsigned char *map = map_anon(8 * PAGE);
  char before[8][5], line[256];
  for (int prot = 0; prot < 8; prot++) {
    memcpy(map + prot * PAGE, RETURN_7, sizeof RETURN_7);
    NEED(mprotect(map + prot * PAGE, PAGE, prot) == 0);
  }
  catch_faults();
  for (int round = 0; round < 2; round++) {
    FILE *maps = fopen("/proc/self/maps", "r");
    NEED(maps);
    while (fgets(line, sizeof line, maps)) {
      unsigned long start, end;
      char permissions[5];
      NEED(sscanf(line, "%lx-%lx %4s", &start, &end, permissions) == 3);
      for (unsigned prot = 0; prot < 8; prot++) {
        uintptr_t page = (uintptr_t)map + prot * PAGE;
        if (page < start || page >= end) continue;
        if (round == 0) strcpy(before[prot], permissions);
        else CHECK(strcmp(before[prot], permissions) == 0, "page %u is %s, was %s", prot, permissions, before[prot]);
      }
    }
    fclose(maps);
    if (round == 0) frozen_here();
  }
  for (int prot = 0; prot < 8; prot++) {
    volatile unsigned char *page = map + prot * PAGE;
    if (!(prot & PROT_WRITE)) CHECK(FAULTS(*page = 0xb8), "page with protection %d can be written", prot);
    if (prot & PROT_EXEC) {
      int (*code)(void) = (int (*)(void))(uintptr_t)page;
      CHECK(code() == 7, "code in page with protection %d is lost", prot);
    } else if (prot) CHECK(FAULTS(((void (*)(void))(uintptr_t)page)()), "page with protection %d can be executed", prot);
    CHECK(mprotect((void *)page, PAGE, PROT_READ) == 0, "mprotect: %s", strerror(errno));
    CHECK(memcmp((void *)page, RETURN_7, sizeof RETURN_7) == 0, "page with protection %d changed", prot);
  }
  return ok();
}
