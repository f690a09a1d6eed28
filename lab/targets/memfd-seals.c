// The seals of a memfd hold: what they forbade is forbidden, what they allowed is allowed, and no more can be added where that was sealed.
#include "target.h"
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static int sealed(int seals, unsigned flags) {
  int fd = memfd_create("sealed", flags);
  NEED(fd >= 0 && ftruncate(fd, PAGE) == 0 && write(fd, "x", 1) == 1 && (seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0));
  return fd;
}

#define CHECK_SEALS(fd, seals) CHECK(fcntl(fd, F_GET_SEALS) == (seals), "seals %#x, were %#x", fcntl(fd, F_GET_SEALS), seals)

int main(void) {
  int plain = sealed(0, 0), open = sealed(0, MFD_ALLOW_SEALING), kept = sealed(F_SEAL_SHRINK | F_SEAL_GROW, MFD_ALLOW_SEALING);
  int written = sealed(F_SEAL_WRITE | F_SEAL_SEAL, MFD_ALLOW_SEALING), future = sealed(0, MFD_ALLOW_SEALING);
  char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, future, 0);
  NEED(map != MAP_FAILED && fcntl(future, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0);
  int noexec = memfd_create("data", MFD_NOEXEC_SEAL), seals = noexec < 0 ? 0 : fcntl(noexec, F_GET_SEALS); /* Linux 6.3 */
  struct stat before, after;
  NEED(noexec < 0 || fstat(noexec, &before) == 0);
  frozen_here();
  CHECK_SEALS(plain, F_SEAL_SEAL);
  CHECK_SEALS(open, 0);
  CHECK_SEALS(kept, F_SEAL_SHRINK | F_SEAL_GROW);
  CHECK_SEALS(written, F_SEAL_WRITE | F_SEAL_SEAL);
  CHECK_SEALS(future, F_SEAL_FUTURE_WRITE);
  CHECK(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW) == -1 && errno == EPERM, "a seal was added where none may be");
  CHECK(fcntl(open, F_ADD_SEALS, F_SEAL_GROW) == 0, "no seal can be added: %s", strerror(errno));
  CHECK(ftruncate(kept, 0) == -1 && ftruncate(kept, 2 * PAGE) == -1 && pwrite(kept, "y", 1, 0) == 1, "its size changes, or it cannot be written");
  CHECK(pwrite(written, "y", 1, 0) == -1 && errno == EPERM, "what was sealed is written");
  CHECK(pwrite(future, "y", 1, 0) == -1 && (map[0] = 'z') == 'z', "written by write(2)");
  char byte;
  CHECK(pread(future, &byte, 1, 0) == 1 && byte == 'z', "the mapping is not the file's");
  CHECK(noexec < 0 || (fcntl(noexec, F_GET_SEALS) == seals && fstat(noexec, &after) == 0 && after.st_mode == before.st_mode), "it can be executed");
  return ok();
}
