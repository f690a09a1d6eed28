// Who watches its own directory for everything is told nothing of being frozen and put back.
#include "target.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>

int main(void) {
  union { struct inotify_event event; char bytes[4096]; } got;
  int instance = inotify_init1(0), waiting, data = open("data", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY | O_DIRECTORY);
  NEED(instance > 0 && data > 0 && dir > 0);
  NEED(inotify_add_watch(instance, ".", IN_ALL_EVENTS) == 1 && inotify_add_watch(instance, "data", IN_ALL_EVENTS) == 2);
  frozen_here();
  CHECK(ioctl(instance, FIONREAD, &waiting) == 0 && waiting == 0, "%d bytes of events that nobody caused", waiting);
  NEED(close(open("new", O_WRONLY | O_CREAT, 0600)) == 0);
  CHECK(read(instance, &got, sizeof got) > 0, "read: %s", strerror(errno));
  CHECK(got.event.wd == 1 && got.event.mask == IN_CREATE && strcmp(got.event.name, "new") == 0, "event %#x of %d", got.event.mask, got.event.wd);
  return ok();
}
