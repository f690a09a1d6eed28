// Private mappings of memfds and deleted files show what becomes of the file, but for the pages that were written.
#include "target.h"
#include "fault.h"

enum { SIZE = 6, WRITTEN = 1, READ = 2, PROTECTED = 3, PAST_END = 5 };

static int make_deleted(const char *name) {
  int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(fd >= 0 && unlink(name) == 0);
  return fd;
}

/* The last page is past the end of the file. */
static unsigned char *map_privately(int fd, unsigned seed) {
  static unsigned char content[(SIZE - 1) * PAGE];
  fill(content, sizeof content, seed);
  NEED(pwrite(fd, content, sizeof content, PAGE) == sizeof content);
  unsigned char *map = mmap(NULL, SIZE * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
  NEED(map != MAP_FAILED && *(volatile unsigned char *)(map + READ * PAGE) == pattern(READ * PAGE, seed));
  /* Those between were not written. */
  fill(map + WRITTEN * PAGE, PAGE, 77), fill(map + PROTECTED * PAGE, PAGE, 78);
  NEED(mprotect(map + PROTECTED * PAGE, PAGE, PROT_NONE) == 0);
  return map;
}

/* @param writer changes a byte of the file, by its offset */
static void check(unsigned char *map, unsigned seed, void (*writer)(size_t at), const char *what) {
  for (int page = 0; page < SIZE - 1; page++) writer((size_t)(page + 1) * PAGE + 5);
  CHECK(mprotect(map + PROTECTED * PAGE, PAGE, PROT_READ) == 0, "mprotect: %s", strerror(errno));
  CHECK_FILLED(map + WRITTEN * PAGE, PAGE, 77);
  CHECK_FILLED(map + PROTECTED * PAGE, PAGE, 78);
  for (int page = 0; page < SIZE - 1; page++) {
    if (page == WRITTEN || page == PROTECTED) continue;
    CHECK(map[page * PAGE + 5] == 'w', "page %d does not show what was written to the %s", page, what);
    CHECK(map[page * PAGE + 6] == pattern(page * PAGE + 6, seed), "page %d of the %s changed", page, what);
  }
  CHECK(FAULTS(*(volatile char *)(map + PAST_END * PAGE)) && fault.si_signo == SIGBUS, "no SIGBUS past the end of the %s", what);
}

static int memfd, deleted, write_only;
static unsigned char *shared;
static void write_memfd(size_t at) { NEED(pwrite(memfd, "w", 1, (off_t)at) == 1); }
static void write_deleted(size_t at) { NEED(pwrite(deleted, "w", 1, (off_t)at) == 1); }
static void write_other(size_t at) { NEED(pwrite(write_only, "w", 1, (off_t)at) == 1); }
static void write_mapped(size_t at) { shared[at] = 'w'; }

int main(void) {
  NEED((memfd = (int)syscall(SYS_memfd_create, "m", 0)) >= 0);
  deleted = make_deleted("deleted");
  unsigned char *of_memfd = map_privately(memfd, 1), *of_deleted = map_privately(deleted, 2);
  /* Left open for writing alone. */
  int reader = make_deleted("write-only");
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", reader);
  NEED((write_only = open(path, O_WRONLY)) >= 0);
  unsigned char *of_write_only = map_privately(reader, 3);
  NEED(close(reader) == 0);
  /* Left open not at all. */
  int closed = make_deleted("closed");
  unsigned char *of_closed = map_privately(closed, 4);
  NEED((shared = mmap(NULL, SIZE * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, closed, 0)) != MAP_FAILED && close(closed) == 0);
  catch_faults();
  frozen_here();
  check(of_memfd, 1, write_memfd, "memfd");
  check(of_deleted, 2, write_deleted, "deleted file");
  check(of_write_only, 3, write_other, "deleted file that is open for writing alone");
  check(of_closed, 4, write_mapped, "deleted file that is only mapped");
  return ok();
}
