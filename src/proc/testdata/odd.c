/*
 * A process with odd names, locks and special descriptors. What /proc said of it is recorded in odd.*:
 *
 *   gcc -static -O2 odd.c -o /tmp/odd && cd $(mktemp -d) && env -i A=1 EMPTY= 'B=two words' /tmp/odd &
 *
 * odd.pagemap is the part of the file for the eight pages whose address it prints; odd32.auxv is of `gcc -m32`.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void map(const char *name, int flags) {
  int fd = open(name, O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 4096);
  *(volatile char *)mmap(0, 4096, PROT_READ | PROT_WRITE, flags, fd, 0) = 1;
  close(fd);
}

int main(void) {
  umask(027);
  map("two words", MAP_PRIVATE);
  map("new\nline", MAP_PRIVATE);
  map("back\\slash", MAP_SHARED);
  map("gone", MAP_SHARED);
  unlink("gone");

  /* Page 0 untouched, 1 and 2 written, 3 only read, 4 PROT_NONE, 5 and 6 of a file (5 written), 7 untouched. */
  char *pages = mmap(0, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pages[4096] = pages[2 * 4096] = 1;
  (void)*(volatile char *)(pages + 3 * 4096);
  mprotect(pages + 4 * 4096, 4096, PROT_NONE);
  int file = open("file", O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
  ftruncate(file, 8192);
  volatile char *mapped = mmap(pages + 5 * 4096, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0);
  mapped[0] = 1;
  (void)mapped[4096];

  lseek(file, 1234, SEEK_SET);
  struct flock lock = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
  fcntl(file, F_SETLK, &lock);
  int event = eventfd(3, EFD_NONBLOCK);

  signal(SIGUSR1, SIG_IGN);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_NAME, "a) S (b\nc");
  printf("%p %d %d\n", (void *)pages, file, event);
  fflush(stdout);
  pause();
}
