// An open file that has been deleted is still there for each who has it open: bytes, offsets, access modes, permissions; and has no name.
#include "target.h"

int main(void) {
  static unsigned char bytes[3 * PAGE];
  struct stat before, after;
  int fd = open("gone", O_RDWR | O_CREAT | O_TRUNC, 0640), reader = open("gone", O_RDONLY), writer = open("gone", O_WRONLY | O_APPEND);
  fill(bytes, sizeof bytes, 33);
  NEED(fd >= 0 && reader >= 0 && writer >= 0 && write(fd, bytes, sizeof bytes) == sizeof bytes && unlink("gone") == 0);
  NEED(lseek(reader, PAGE, SEEK_SET) == (off_t)PAGE && fchmod(fd, 0400) == 0 && fstat(fd, &before) == 0);
  int flags[] = {fcntl(fd, F_GETFL), fcntl(reader, F_GETFL), fcntl(writer, F_GETFL)};
  frozen_here();
  CHECK(fstat(fd, &after) == 0 && after.st_size == sizeof bytes && after.st_mode == before.st_mode && after.st_nlink == 0, "size, mode or links differ");
  CHECK(fcntl(fd, F_GETFL) == flags[0] && fcntl(reader, F_GETFL) == flags[1] && fcntl(writer, F_GETFL) == flags[2], "flags differ");
  CHECK(lseek(fd, 0, SEEK_CUR) == sizeof bytes && lseek(reader, 0, SEEK_CUR) == (off_t)PAGE, "offsets differ");
  memset(bytes, 0, sizeof bytes);
  CHECK(pread(fd, bytes, sizeof bytes, 0) == sizeof bytes, "pread: %s", strerror(errno));
  CHECK_FILLED(bytes, sizeof bytes, 33);
  CHECK(write(writer, "end", 3) == 3 && pread(reader, bytes, 4, 3 * PAGE) == 3 && memcmp(bytes, "end", 3) == 0, "they are different files");
  CHECK(write(reader, "x", 1) == -1 && read(writer, bytes, 1) == -1, "access modes differ");
  CHECK(linkat(AT_FDCWD, "/proc/self/fd/3", AT_FDCWD, "again", AT_SYMLINK_FOLLOW) == -1 && errno == ENOENT, "it can be given a name");
  CHECK(access("gone", F_OK) == -1, "the file has a name again");
  return ok();
}
