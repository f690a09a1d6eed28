// The working directory is kept, and relative paths lead from it.
#include "target.h"

int main(void) {
  char before[4096], after[4096];
  NEED(mkdir("below", 0755) == 0 && chdir("below") == 0 && getcwd(before, sizeof before));
  frozen_here();
  CHECK(getcwd(after, sizeof after) && strcmp(before, after) == 0, "it is %s, was %s", after, before);
  CHECK(access("../below", X_OK) == 0, "../below: %s", strerror(errno));
  return ok();
}
