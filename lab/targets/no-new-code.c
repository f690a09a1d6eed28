// Memory that can be written can still never be made executable where the program forbade that (PR_SET_MDWE).
#include "target.h"
#include <sys/prctl.h>

enum { SET = 65, GET = 66, REFUSE_EXEC_GAIN = 1 }; /* PR_SET_MDWE, Linux 6.3 */

int main(void) {
  void *map = map_anon(PAGE);
  int can = prctl(SET, REFUSE_EXEC_GAIN, 0, 0, 0) == 0;
  NEED(can || errno == EINVAL);
  frozen_here();
  if (!can) return ok();
  CHECK(prctl(GET, 0, 0, 0, 0) == REFUSE_EXEC_GAIN, "it is allowed");
  CHECK(mprotect(map, PAGE, PROT_READ | PROT_EXEC) == -1 && errno == EACCES, "memory became executable");
  return ok();
}
