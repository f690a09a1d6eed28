// The adjustment of the OOM score is kept.
#include "target.h"

static const char PATH[] = "/proc/self/oom_score_adj";

int main(void) {
  char before[16], after[16];
  int fd = open(PATH, O_WRONLY);
  NEED(fd >= 0 && write(fd, "321", 3) == 3);
  close(fd);
  read_text(PATH, before, sizeof before);
  frozen_here();
  read_text(PATH, after, sizeof after);
  CHECK(strcmp(before, after) == 0, "it is %s", after);
  return ok();
}
