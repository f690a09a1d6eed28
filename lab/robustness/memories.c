/*
 * memories copied|uncopied NAME: a mapping of every kind, each of which has pages that were never touched. What is `uncopied` is left out of a
 * fork, so that the process itself is read. Waits in sigwaitinfo(2) until SIGUSR2, checks what it has touched, and ends.
 */
#include "../targets/target.h"
#include <sys/prctl.h>
#include <sys/shm.h>

#define SIZE (16 * PAGE)
#define HUGE ((size_t)2 << 20)
#define RW (PROT_READ | PROT_WRITE)
#define MAP_DROPPABLE 8
#define MADV_GUARD_INSTALL 102

/* What was touched, to be checked. */
static struct { unsigned char *at; unsigned seed; } touched[64];
static unsigned count;

static unsigned char *map(size_t size, int prot, int flags, int fd) {
  void *mapped = mmap(NULL, size, prot, flags, fd, 0);
  return mapped == MAP_FAILED ? NULL : mapped;
}

/* Has its second page; the others stay as they are. */
static unsigned char *with_a_page(unsigned char *memory) {
  NEED(memory);
  touched[count].at = memory + PAGE;
  touched[count].seed = count + 1;
  fill(memory + PAGE, PAGE, count + 1);
  count++;
  return memory;
}

static unsigned char *read_once(unsigned char *memory) {
  NEED(memory);
  (void)*(volatile unsigned char *)(memory + PAGE);
  return memory;
}

/* A file with contents, none of which is in a page table. */
static int file(const char *name, int flags) {
  static unsigned char bytes[SIZE];
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(fd >= 0);
  fill(bytes, SIZE, 99);
  NEED(write(fd, bytes, SIZE) == (ssize_t)SIZE && close(fd) == 0);
  fd = open(name, flags);
  NEED(fd >= 0);
  return fd;
}

static void files(const char *directory) {
  char name[3][128];
  for (int i = 0; i < 3; i++) snprintf(name[i], sizeof name[i], "%s/%s-%d-%d", directory, "memories", getpid(), i);
  int whole = file(name[0], O_RDWR), only = open(name[0], O_RDONLY), gone = file(name[1], O_RDWR), closed = file(name[2], O_RDWR);
  NEED(only >= 0 && unlink(name[1]) == 0 && unlink(name[2]) == 0);
  for (int prot = PROT_NONE; prot <= (PROT_READ | PROT_EXEC); prot++) NEED(map(SIZE, prot, MAP_PRIVATE, whole));
  read_once(map(SIZE, PROT_READ, MAP_PRIVATE, whole));
  with_a_page(map(SIZE, RW, MAP_PRIVATE, whole));
  NEED(map(SIZE, RW, MAP_SHARED, whole) && map(SIZE, PROT_READ, MAP_SHARED, only));
  read_once(map(SIZE, PROT_READ, MAP_SHARED, whole));
  read_once(map(SIZE, PROT_READ, MAP_SHARED, only));
  NEED(map(SIZE, RW, MAP_PRIVATE, gone) && map(SIZE, RW, MAP_SHARED, gone) && map(SIZE, PROT_READ, MAP_SHARED, gone));
  with_a_page(map(SIZE, RW, MAP_PRIVATE, gone));
  NEED(map(SIZE, RW, MAP_SHARED, closed) && close(closed) == 0);
  NEED(close(whole) == 0 && close(only) == 0);
}

static void memfds(void) {
  for (int keep = 0; keep < 2; keep++) {
    int fd = memfd_create("memories", 0);
    NEED(fd >= 0 && ftruncate(fd, SIZE) == 0);
    NEED(map(SIZE, RW, MAP_SHARED, fd) && map(SIZE, RW, MAP_PRIVATE, fd));
    with_a_page(map(SIZE, RW, MAP_SHARED, fd));
    if (!keep) NEED(close(fd) == 0);
  }
}

static void anonymous(void) {
  const int PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS, SHARED = MAP_SHARED | MAP_ANONYMOUS;
  int zero = open("/dev/zero", O_RDWR);
  NEED(zero >= 0);
  for (int prot = PROT_NONE; prot <= (RW | PROT_EXEC); prot++) NEED(map(SIZE, prot, PRIVATE, -1));
  NEED(mprotect(with_a_page(map(SIZE, RW, PRIVATE, -1)), SIZE, PROT_READ) == 0);
  read_once(map(SIZE, RW, PRIVATE, -1));
  with_a_page(map(SIZE, RW, PRIVATE | MAP_NORESERVE, -1));
  with_a_page(map(SIZE, RW, SHARED, -1));
  with_a_page(map(SIZE, RW, SHARED | MAP_NORESERVE, -1));
  with_a_page(map(SIZE, RW, MAP_SHARED, zero));
  with_a_page(map(SIZE, RW, MAP_PRIVATE, zero));
  NEED(map(SIZE, RW, SHARED, -1) && map(SIZE, RW, MAP_SHARED, zero) && close(zero) == 0);
  NEED(mlock2(with_a_page(map(SIZE, RW, PRIVATE, -1)), SIZE, MLOCK_ONFAULT) == 0);
  NEED(mlock(map(SIZE, RW, PRIVATE, -1), SIZE) == 0);
  NEED(madvise(with_a_page(map(SIZE, RW, PRIVATE, -1)), SIZE, MADV_DONTDUMP) == 0);
  unsigned char *huge = map(2 * HUGE, RW, PRIVATE, -1), *aligned = huge + (-(uintptr_t)huge & (HUGE - 1));
  NEED(huge && (madvise(huge, 2 * HUGE, MADV_HUGEPAGE) == 0 || errno == EINVAL));
  read_once(aligned);
  /* This kernel may have no guards, nor what is dropped below. */
  madvise(with_a_page(map(SIZE, RW, PRIVATE, -1)) + 4 * PAGE, 2 * PAGE, MADV_GUARD_INSTALL);
}

static void uncopied(void) {
  unsigned char *droppable = map(SIZE, RW, MAP_DROPPABLE | MAP_ANONYMOUS, -1);
  if (droppable) fill(droppable, PAGE, 7);
  NEED(madvise(with_a_page(map(SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1)), SIZE, MADV_DONTFORK) == 0);
  NEED(madvise(with_a_page(map(SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1)), SIZE, MADV_WIPEONFORK) == 0);
  int id = shmget(IPC_PRIVATE, SIZE, 0600);
  NEED(id >= 0);
  void *attached = shmat(id, NULL, 0);
  NEED(shmctl(id, IPC_RMID, NULL) == 0 && attached != (void *)-1);
  with_a_page(attached);
}

int main(int argc, char **argv) {
  NEED(argc == 3 && prctl(PR_SET_NAME, argv[2]) == 0);
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR2);
  NEED(sigprocmask(SIG_BLOCK, &wanted, NULL) == 0);
  files(".");
  files("/dev/shm");
  memfds();
  anonymous();
  if (strcmp(argv[1], "uncopied") == 0) uncopied();
  ready();
  NEED(sigwaitinfo(&wanted, NULL) == SIGUSR2);
  for (unsigned i = 0; i < count; i++) CHECK_FILLED(touched[i].at, PAGE, touched[i].seed);
  char name[128];
  for (int i = 0; i < 2; i++) {
    snprintf(name, sizeof name, "%s/memories-%d-0", i ? "/dev/shm" : ".", getpid());
    unlink(name);
  }
  return ok();
}
