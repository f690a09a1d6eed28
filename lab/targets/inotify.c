// An inotify instance watches what it watched, under the same numbers, and tells nothing of its being put back.
#include "target.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int instance;

/* The next event is this one. */
static void expect(int wd, uint32_t mask, const char *name) {
  static char room[4096] __attribute__((aligned(8)));
  static ssize_t at, end;
  if (at == end) {
    at = 0, end = read(instance, room, sizeof room);
    CHECK(end > 0, "no event, but %#x of %d was to come: %s", mask, wd, strerror(errno));
  }
  struct inotify_event *event = (struct inotify_event *)(room + at);
  at += sizeof *event + event->len;
  CHECK(event->wd == wd && event->mask == mask, "event %#x of %d, not %#x of %d", event->mask, event->wd, mask, wd);
  CHECK(strcmp(event->len ? event->name : "", name) == 0, "event %#x of %d names %s", mask, wd, event->name);
}

static void expect_none(void) {
  int waiting;
  CHECK(ioctl(instance, FIONREAD, &waiting) == 0 && waiting == 0, "%d bytes of events that nobody caused", waiting);
}

static int watch(const char *path, uint32_t mask) {
  int wd = inotify_add_watch(instance, path, mask);
  NEED(wd > 0);
  return wd;
}

static void append(int fd) { NEED(write(fd, "x", 1) == 1); }

int main(void) {
  NEED(mkdir("spool", 0755) == 0 && mkdir("gone", 0755) == 0);
  int file = open("spool/file", O_WRONLY | O_CREAT, 0600), once = open("once", O_WRONLY | O_CREAT, 0600);
  int excluding = open("spool/excluding", O_WRONLY | O_CREAT, 0600);
  instance = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  NEED(file > 0 && once > 0 && excluding > 0 && instance > 0);
  int of_gone = watch("gone", IN_DELETE_SELF), of_spool = watch("spool", IN_CREATE | IN_DELETE | IN_MODIFY | IN_EXCL_UNLINK);
  NEED(rmdir("gone") == 0);
  expect(of_gone, IN_DELETE_SELF, ""), expect(of_gone, IN_IGNORED, "");
  int of_more = watch("spool/file", IN_MODIFY);
  for (int wd = 4; wd < 2004; wd++) {
    NEED(watch("once", IN_ATTRIB) == wd && inotify_rm_watch(instance, wd) == 0);
    expect(wd, IN_IGNORED, "");
  }
  int of_once = watch("once", IN_MODIFY | IN_ONESHOT);
  NEED(of_spool == 2 && of_more == 3 && of_once == 2004);
  frozen_here();
  expect_none();
  append(file);
  expect(of_spool, IN_MODIFY, "file"), expect(of_more, IN_MODIFY, "");
  append(once), append(once);
  expect(of_once, IN_MODIFY, ""), expect(of_once, IN_IGNORED, "");
  CHECK(unlink("spool/excluding") == 0, "unlink: %s", strerror(errno));
  append(excluding);
  expect(of_spool, IN_DELETE, "excluding");
  expect_none();
  CHECK(mkdir("spool/new", 0755) == 0, "mkdir: %s", strerror(errno));
  expect(of_spool, IN_CREATE | IN_ISDIR, "new");
  CHECK(watch(".", IN_CREATE) == 2005, "a new watch has another number");
  return ok();
}
