// The kernel still knows the head of the robust futex list.
#include "target.h"

int main(void) {
  static void *own[3] = {own, NULL, NULL};
  void *before = NULL, *after = NULL;
  size_t length = 0;
  NEED(syscall(SYS_get_robust_list, 0, &before, &length) == 0);
  if (!before) NEED(syscall(SYS_set_robust_list, before = own, sizeof own) == 0);
  frozen_here();
  CHECK(syscall(SYS_get_robust_list, 0, &after, &length) == 0, "get_robust_list: %s", strerror(errno));
  CHECK(after == before && length == sizeof own, "the head is %p, was %p", after, before);
  return ok();
}
