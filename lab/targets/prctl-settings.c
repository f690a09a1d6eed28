// What prctl was told is kept: parent-death signal, dumpable, no-new-privileges, timer slack, child subreaper, keep-capabilities, huge pages off, merging.
#include "target.h"
#include <sys/prctl.h>

struct settings { int death, dumpable, no_new, slack, reaper, keepcaps, no_thp, merge; };
enum { PR_SET_MERGE = 67, PR_GET_MERGE = 68 }; /* PR_SET_MEMORY_MERGE, Linux 6.4 */

static struct settings now(void) {
  struct settings s = {0};
  NEED(prctl(PR_GET_PDEATHSIG, &s.death) == 0 && prctl(PR_GET_CHILD_SUBREAPER, &s.reaper) == 0);
  s.dumpable = prctl(PR_GET_DUMPABLE), s.no_new = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), s.slack = prctl(PR_GET_TIMERSLACK);
  s.keepcaps = prctl(PR_GET_KEEPCAPS), s.no_thp = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
  s.merge = prctl(PR_GET_MERGE, 0, 0, 0, 0);
  return s;
}

int main(void) {
  NEED(prctl(PR_SET_PDEATHSIG, SIGURG) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  NEED(prctl(PR_SET_TIMERSLACK, 123456) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && prctl(PR_SET_KEEPCAPS, 1) == 0);
  NEED(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
  int can_merge = prctl(PR_SET_MERGE, 1, 0, 0, 0) == 0;
  struct settings before = now();
  NEED(before.death == SIGURG && before.no_new == 1 && before.slack == 123456 && before.no_thp == 1 && before.reaper == 1 && (!can_merge || before.merge == 1));
  frozen_here();
  struct settings after = now();
  CHECK(after.death == SIGURG, "the parent-death signal is %d", after.death);
  CHECK(after.dumpable == before.dumpable, "dumpable is %d, was %d", after.dumpable, before.dumpable);
  CHECK(after.no_new == 1, "no_new_privs is lost");
  CHECK(after.slack == 123456, "timer slack is %d", after.slack);
  CHECK(after.reaper == 1, "child subreaper is lost");
  CHECK(after.keepcaps == before.keepcaps, "keep-capabilities is %d", after.keepcaps);
  CHECK(after.no_thp == 1, "huge pages are on");
  CHECK(!can_merge || after.merge != 0, "equal pages are not merged"); /* -1: a kernel that never does */
  return ok();
}
