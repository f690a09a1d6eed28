// A memfd keeps its name, its bytes and holes, its permissions and times; duplicates of its descriptor share one offset.
#include "target.h"

int main(void) {
  static unsigned char bytes[2 * PAGE + 100];
  enum { FAR = 512 << 20 };
  char link[64] = "";
  struct stat before, after;
  fill(bytes, sizeof bytes, 5);
  int fd = memfd_create("some name", 0), twin;
  NEED(fd >= 0 && pwrite(fd, bytes, sizeof bytes, 0) == sizeof bytes && pwrite(fd, "far", 3, FAR) == 3);
  struct timespec times[2] = {{1000000000, 123456789}, {-5, 987654321}};
  NEED((twin = dup(fd)) >= 0 && lseek(fd, 77, SEEK_SET) == 77 && fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND) == 0);
  NEED(fchmod(fd, 0640) == 0 && futimens(fd, times) == 0 && fstat(fd, &before) == 0);
  frozen_here();
  CHECK(readlink("/proc/self/fd/3", link, sizeof link - 1) > 0 && strcmp(link, "/memfd:some name (deleted)") == 0, "its name is %s", link);
  NEED(fstat(twin, &after) == 0);
  CHECK(after.st_size == FAR + 3 && after.st_mode == before.st_mode && after.st_nlink == 0, "size %lld, mode %o, links %d", (long long)after.st_size, after.st_mode, (int)after.st_nlink);
  CHECK(after.st_blocks == before.st_blocks, "it takes %lld blocks, was %lld", (long long)after.st_blocks, (long long)before.st_blocks);
  CHECK(after.st_mtim.tv_sec == -5 && after.st_mtim.tv_nsec == 987654321, "it was modified at %lld", (long long)after.st_mtim.tv_sec);
  CHECK(after.st_atim.tv_sec == 1000000000, "it was read at %lld", (long long)after.st_atim.tv_sec);
  CHECK((fcntl(twin, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND)) == (O_RDWR | O_NONBLOCK | O_APPEND), "flags %o", fcntl(twin, F_GETFL));
  CHECK(lseek(twin, 0, SEEK_CUR) == 77 && lseek(fd, 3, SEEK_CUR) == 80 && lseek(twin, 0, SEEK_CUR) == 80, "the offset is not shared");
  CHECK(lseek(fd, 0, SEEK_HOLE) == 3 * (off_t)PAGE && lseek(fd, 3 * PAGE, SEEK_DATA) == FAR, "the hole is elsewhere");
  memset(bytes, 0, sizeof bytes);
  CHECK(pread(fd, bytes, sizeof bytes, 0) == sizeof bytes, "pread: %s", strerror(errno));
  CHECK_FILLED(bytes, sizeof bytes, 5);
  CHECK(pread(fd, bytes, PAGE, FAR) == 3 && memcmp(bytes, "far", 3) == 0, "its end is lost");
  return ok();
}
