/* Does to its descriptors what its arguments say, prints what they are, waits for the end of its input, and prints it again.
 * An operation is a letter and up to three numbers, `o:2:2048:0`; a descriptor is the Nth of those that are open. One that the kernel
 * refuses has no effect. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { FIRST = 3, MOST = 200, KINDS = 20 };

static int is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

static int count_open(void) {
  int count = 0;
  for (int fd = FIRST; fd < MOST; fd++) count += is_open(fd);
  return count;
}

static int nth(long n) {
  int count = count_open();
  if (count == 0) return -1;
  n %= count;
  for (int fd = FIRST; fd < MOST; fd++)
    if (is_open(fd) && n-- == 0) return fd;
  return -1;
}

static void make_pty(void) {
  char path[64];
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  if (master < 0 || unlockpt(master) || ptsname_r(master, path, sizeof path)) return;
  open(path, O_RDWR | O_NOCTTY);
}

static void make_fifo(void) {
  char path[32];
  static int made;
  snprintf(path, sizeof path, "fifo%d", made++ % 2);
  mkfifo(path, 0600);
  open(path, O_RDWR | O_NONBLOCK);
}

static void make(long kind) {
  int pair[2];
  sigset_t none;
  sigemptyset(&none);
  switch (kind % KINDS) {
  case 0: if (pipe(pair)) return; break;
  case 1: make_fifo(); break;
  case 2: case 3: open(kind % 2 ? "file" : "other", O_RDWR | O_CREAT, 0600); break;
  case 4: memfd_create("memory", 0); break;
  case 5: open("deleted", O_RDWR | O_CREAT, 0600), unlink("deleted"); break;
  case 6: open(".", O_RDONLY | O_DIRECTORY); break;
  case 7: open("/dev/null", O_RDWR); break;
  case 8: open("/dev/zero", O_RDONLY); break;
  case 9: eventfd(3, 0); break;
  case 10: timerfd_create(CLOCK_MONOTONIC, 0); break;
  case 11: signalfd(-1, &none, 0); break;
  case 12: epoll_create1(0); break;
  case 13: inotify_init(); break;
  case 14: if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return; break;
  case 15: socket(AF_INET, SOCK_DGRAM, 0); break;
  case 16: socket(AF_UNIX, SOCK_DGRAM, 0); break;
  case 17: make_pty(); break;
  case 18: open(".", O_RDWR | O_TMPFILE, 0600); break;
  case 19: open("/proc/self/status", O_RDONLY); break;
  }
}

/* Opened so that it does not wait for another end; whether it would wait from then on is as asked. */
static void reopen(int fd, int flags) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int again = open(path, flags | O_NONBLOCK | O_NOCTTY);
  if (again >= 0 && !(flags & (O_PATH | O_NONBLOCK))) fcntl(again, F_SETFL, fcntl(again, F_GETFL) & ~O_NONBLOCK);
}

static void signals(int fd, long signo) {
  struct stat file;
  /* An owner of a directory shows like who asks for signals of its changes (F_NOTIFY), which is refused. */
  if (fstat(fd, &file) == 0 && S_ISDIR(file.st_mode)) return;
  if (fcntl(fd, F_SETOWN, getpid()) == 0 && fcntl(fd, F_SETSIG, (int)signo) == 0) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
}

/* What would have to be taken out of a terminal or an inotify instance before a freeze is not put in. */
static void fill(int fd) {
  struct stat stat;
  if (fstat(fd, &stat) == 0 && (S_ISREG(stat.st_mode) || (S_ISFIFO(stat.st_mode) && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0)))
    if (write(fd, "abc", 3) < 0) return;
}

static void operate(const char *text) {
  long a = 0, b = 0;
  char what = 0;
  if (sscanf(text, "%c:%ld:%ld", &what, &a, &b) < 1) exit(3);
  if (what == 'm') return make(a);
  int fd = nth(a);
  if (fd < 0) return;
  switch (what) {
  case 'd': dup(fd); break;
  case 'D': fcntl(fd, F_DUPFD, (int)b); break;
  case 'c': if (!isatty(fd)) close(fd); break; // a slave without its master is refused
  case 'o': reopen(fd, (int)b); break;
  case 'f': fcntl(fd, F_SETFL, (int)b); break;
  case 'x': fcntl(fd, F_SETFD, FD_CLOEXEC); break;
  case 's': lseek(fd, b, SEEK_SET); break;
  case 'w': fill(fd); break;
  case 'a': signals(fd, b); break;
  case 'l': flock(fd, LOCK_SH | LOCK_NB); break;
  default: exit(3);
  }
}

static void print_locks(int fd) {
  char path[64], line[256], kind[16], access[16], from[32], to[32];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  FILE *info = fopen(path, "re");
  while (info && fgets(line, sizeof line, info))
    if (sscanf(line, "lock: %*s %15s %*s %15s %*s %*s %31s %31s", kind, access, from, to) == 4) printf(" %s %s %s-%s", kind, access, from, to);
  if (info) fclose(info);
}

static int first_like(int fd) {
  for (int other = FIRST; other < fd; other++)
    if (is_open(other) && syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, other, fd) == 0) return other;
  return fd;
}

/* Which lower descriptor leads to the same file, whatever number that has. */
static int first_of_file(int fd) {
  struct stat own, stat;
  if (fstat(fd, &own)) return fd;
  for (int other = FIRST; other < fd; other++)
    if (fstat(other, &stat) == 0 && stat.st_dev == own.st_dev && stat.st_ino == own.st_ino) return other;
  return fd;
}

static void print_one(int fd) {
  struct stat stat;
  int waiting = -1, flags = fcntl(fd, F_GETFL);
  struct pollfd state = {fd, POLLIN | POLLOUT, 0};
  if (fstat(fd, &stat)) memset(&stat, 0, sizeof stat);
  if (S_ISFIFO(stat.st_mode)) ioctl(fd, FIONREAD, &waiting);
  poll(&state, 1, 0);
  printf("%d: open file %d file %d type %o flags %o close-on-exec %d", fd, first_like(fd), first_of_file(fd), stat.st_mode & S_IFMT, flags, fcntl(fd, F_GETFD));
  printf(" position %lld events %x waiting %d", (long long)lseek(fd, 0, SEEK_CUR), state.revents, waiting);
  if (flags & O_ASYNC) printf(" signals %s by %d", fcntl(fd, F_GETOWN) == getpid() ? "itself" : "another", fcntl(fd, F_GETSIG));
  print_locks(fd);
  putchar('\n');
}

static void print_all(const char *end) {
  for (int fd = FIRST; fd < MOST; fd++)
    if (is_open(fd)) print_one(fd);
  puts(end);
  fflush(stdout);
}

int main(int count, char **words) {
  char byte;
  for (int signo = 1; signo <= SIGRTMAX; signo++) signal(signo, SIG_IGN);
  syscall(SYS_close_range, FIRST, ~0U, 0);
  for (int i = 1; i < count; i++)
    if (count_open() < MOST / 4) operate(words[i]);
  print_all("ready");
  while (read(0, &byte, 1) > 0) continue;
  print_all("done");
  return 0;
}
