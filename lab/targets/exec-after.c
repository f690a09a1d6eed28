// The process can become another program after the restore: no leftover of the freezing is in its way.
#include "target.h"

int main(void) {
  frozen_here();
  execl("/bin/sh", "sh", "-c", "echo ok", (char *)NULL);
  CHECK(0, "execl: %s", strerror(errno));
}
