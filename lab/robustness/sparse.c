/*
 * sparse KIND NAME: shared memory with many addresses, mostly more than the machine has memory, of which three pages exist, one of them in no page table.
 * Waits in sigwaitinfo(2); at each SIGUSR1 it says what there is of it, and at SIGUSR2 it ends.
 */
#include "../targets/target.h"
#include <sys/prctl.h>
#include <sys/shm.h>

/* Of System V memory less: who is not root is asked about it 128 pages at a time. */
static size_t SIZE = (size_t)(sizeof(void *) == 8 ? 64ull << 30 : 256ull << 20);
#define SYSV_SIZE ((size_t)(sizeof(void *) == 8 ? 4ull << 30 : 256ull << 20))
enum { PAGES = 3 };

static size_t place(int page) { return page == 0 ? 0 : page == 1 ? SIZE / 2 : SIZE - PAGE; }

static unsigned char *make(const char *kind) {
  int prot = PROT_READ | PROT_WRITE, fd = -1, flags = MAP_SHARED | MAP_NORESERVE;
  if (strcmp(kind, "sysv") == 0) {
    SIZE = SYSV_SIZE;
    int id = shmget(IPC_PRIVATE, SIZE, 0600 | 010000 /* SHM_NORESERVE */);
    NEED(id >= 0);
    void *attached = shmat(id, NULL, 0);
    NEED(shmctl(id, IPC_RMID, NULL) == 0 && attached != (void *)-1);
    return attached;
  }
  if (strcmp(kind, "zero") == 0) fd = open("/dev/zero", O_RDWR);
  else if (strcmp(kind, "memfd") == 0) fd = memfd_create("sparse", 0);
  else flags |= MAP_ANONYMOUS;
  NEED((flags & MAP_ANONYMOUS) != 0 || fd >= 0);
  if (strcmp(kind, "memfd") == 0) NEED(ftruncate(fd, SIZE) == 0);
  void *mapped = mmap(NULL, SIZE, prot, flags, fd, 0);
  NEED(mapped != MAP_FAILED);
  if (strcmp(kind, "zero") == 0) close(fd);
  return mapped;
}

/* Of all its addresses, whoever has them in a page table. */
static size_t in_core(unsigned char *memory) {
  static unsigned char vector[1 << 16];
  size_t count = 0;
  for (size_t at = 0; at < SIZE; at += sizeof vector * PAGE) {
    CHECK(mincore(memory + at, sizeof vector * PAGE, vector) == 0, "mincore: %s", strerror(errno));
    for (size_t page = 0; page < sizeof vector; page++) count += vector[page] & 1;
  }
  return count;
}

int main(int argc, char **argv) {
  NEED(argc == 3 && prctl(PR_SET_NAME, argv[2]) == 0);
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR1);
  sigaddset(&wanted, SIGUSR2);
  NEED(sigprocmask(SIG_BLOCK, &wanted, NULL) == 0);
  unsigned char *memory = make(argv[1]);
  for (int page = 0; page < PAGES; page++) fill(memory + place(page), PAGE, (unsigned)page + 1);
  NEED(madvise(memory + place(1), PAGE, MADV_DONTNEED) == 0);
  ready();
  while (sigwaitinfo(&wanted, NULL) == SIGUSR1) {
    size_t pages = in_core(memory);
    for (int page = 0; page < PAGES; page++) CHECK_FILLED(memory + place(page), PAGE, (unsigned)page + 1);
    NEED(madvise(memory + place(1), PAGE, MADV_DONTNEED) == 0);
    char line[64];
    snprintf(line, sizeof line, "%zu pages\n", pages);
    say(line);
  }
  return ok();
}
