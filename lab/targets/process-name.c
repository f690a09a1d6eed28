// The name that the process gave itself is kept.
#include "target.h"
#include <sys/prctl.h>

int main(void) {
  char name[32] = "";
  NEED(prctl(PR_SET_NAME, "odd) name\t(x") == 0);
  frozen_here();
  CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "odd) name\t(x") == 0, "it is `%s`", name);
  return ok();
}
