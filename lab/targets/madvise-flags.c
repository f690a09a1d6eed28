// What madvise told the kernel of a mapping is kept: dump, fork, wipe, huge-page, merge and access-pattern advice.
#include "target.h"

static const struct { int advice; const char *flag; } ADVICE[] = {
  {MADV_DONTDUMP, "dd"}, {MADV_DONTFORK, "dc"}, {18 /* MADV_WIPEONFORK */, "wf"}, {MADV_HUGEPAGE, "hg"},
  {MADV_NOHUGEPAGE, "nh"}, {MADV_SEQUENTIAL, "sr"}, {MADV_RANDOM, "rr"},
};
enum { COUNT = sizeof ADVICE / sizeof *ADVICE };
static char text[512 << 10];

static int has_flag(const void *page, const char *flag) {
  char begin[40], field[8];
  snprintf(begin, sizeof begin, "%08lx-", (unsigned long)page);
  snprintf(field, sizeof field, " %s", flag);
  read_text("/proc/self/smaps", text, sizeof text);
  char *line = strstr(text, begin), *flags = line ? strstr(line, "VmFlags:") : NULL;
  if (!flags) return 0;
  *strchr(flags, '\n') = 0;
  return strstr(flags, field) != NULL;
}

int main(void) {
  int kept[COUNT];
  unsigned char *map = map_anon(2 * COUNT * PAGE);
  for (size_t n = 0; n < COUNT; n++) {
    unsigned char *page = map + 2 * n * PAGE;
    *page = (unsigned char)n + 1;
    kept[n] = madvise(page, PAGE, ADVICE[n].advice) == 0 && has_flag(page, ADVICE[n].flag);
  }
  NEED(kept[0] && kept[1] && kept[2]);
  frozen_here();
  for (size_t n = 0; n < COUNT; n++) {
    CHECK(map[2 * n * PAGE] == n + 1, "page %zu changed", n);
    CHECK(!kept[n] || has_flag(map + 2 * n * PAGE, ADVICE[n].flag), "flag %s is lost", ADVICE[n].flag);
  }
  return ok();
}
