// An inotify instance that could not be put back as it is: freezing it is refused.
#include "target.h"
#include <sys/inotify.h>

int main(int argc, char **argv) {
  int instance = inotify_init1(0);
  NEED(argc == 2 && instance > 0 && mkdir("dir", 0755) == 0);
  if (strcmp(argv[1], "events") == 0) {
    NEED(inotify_add_watch(instance, "dir", IN_CREATE) == 1 && mkdir("dir/new", 0755) == 0);
  } else if (strcmp(argv[1], "unfound") == 0) {
    // Its name is in no place where the process is known to be, and listing "dir" would be told.
    NEED(mkdir("dir/elsewhere", 0755) == 0 && inotify_add_watch(instance, "dir/elsewhere", IN_ALL_EVENTS) == 1);
  } else NEED(!"an argument that is known");
  frozen_here();
  return ok();
}
