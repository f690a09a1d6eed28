/*
 * any-process NAME[=N]…: makes each thing in turn, says `ready`, waits for a line, and then says of each what is left of it: the same in every run,
 * whatever was done to the process meanwhile. `any-process list` prints the names. What cannot be made here is said to be so, and is no failure.
 */
#include "../lab/targets/target.h"
#include <arpa/inet.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { PAGES = 8, SIZE = PAGES * 4096, MOST = 16, NAME_ROOM = 300 };

/* One thing that was made. */
struct thing {
  int arg;               /* 0 to 7, for variants */
  const char *missing;   /* what failed, if it could not be made */
  int error;
  unsigned char *memory;
  int fd, more;
  char name[NAME_ROOM];
};

/* A step of making something; where it fails the thing is not there. */
#define TRY(condition) \
  do { if (!(condition)) { thing->missing = #condition; thing->error = errno; return; } } while (0)

static void tell(const char *format, ...) {
  char text[600];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  say(text);
}

/* ---- Names ---- */

static const char *const NAMES[8] = {"plain", "with blank", "a (deleted)", "\xff\xfe" "bytes", "back\\012slash", "new\nline", "\xc3\xa4umlaut", "%s%n"};

/* A name of its own in the working directory. */
static void name_for(struct thing *thing, const char *kind) {
  static int count;
  snprintf(thing->name, NAME_ROOM, "%s-%d-%s", kind, count++, NAMES[thing->arg]);
}

static int make_file(struct thing *thing, const char *kind, int flags) {
  name_for(thing, kind);
  int fd = open(thing->name, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
  unsigned char bytes[SIZE];
  fill(bytes, SIZE, 3);
  if (fd >= 0 && write(fd, bytes, SIZE) != SIZE) return -1;
  return fd;
}

/* ---- Memory ---- */

static void show_memory(struct thing *thing) {
  size_t at = unfilled(thing->memory, SIZE, 3);
  if (at == SIZE) tell(" bytes kept");
  else tell(" byte %zu differs", at);
}

static void made(struct thing *thing, void *memory) {
  TRY(memory != MAP_FAILED);
  thing->memory = memory;
}

static void map_with(struct thing *thing, int flags) {
  made(thing, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0));
  if (!thing->missing) fill(thing->memory, SIZE, 3);
}

static void make_anon(struct thing *thing) { map_with(thing, MAP_PRIVATE | (thing->arg & 1 ? MAP_NORESERVE : 0)); }
static void make_shared(struct thing *thing) { map_with(thing, MAP_SHARED | (thing->arg & 1 ? MAP_NORESERVE : 0)); }
static void make_grows(struct thing *thing) { map_with(thing, MAP_PRIVATE | MAP_GROWSDOWN); }
static void make_droppable(struct thing *thing) { map_with(thing, 0x08); }
static void show_droppable(struct thing *thing) {
  thing->memory[0] = 1;
  tell(" can be written %d", thing->memory[0]);
}

static const int ADVICE[8] = {MADV_DONTFORK, MADV_WIPEONFORK, MADV_DONTDUMP, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_SEQUENTIAL, MADV_COLD};
static void make_advised(struct thing *thing) {
  map_with(thing, MAP_PRIVATE);
  if (!thing->missing) TRY(madvise(thing->memory, SIZE, ADVICE[thing->arg]) == 0);
}

static void make_locked(struct thing *thing) {
  map_with(thing, thing->arg & 1 ? MAP_SHARED : MAP_PRIVATE);
  if (!thing->missing) TRY(mlock(thing->memory, SIZE) == 0);
}

static void make_protected(struct thing *thing) {
  map_with(thing, thing->arg & 4 ? MAP_SHARED : MAP_PRIVATE);
  if (!thing->missing) TRY(mprotect(thing->memory + 4096, 4096, thing->arg & 3) == 0);
}
static void show_protected(struct thing *thing) {
  if (mprotect(thing->memory + 4096, 4096, PROT_READ) < 0) tell(" cannot be made readable");
  else show_memory(thing);
}

static void make_sealed(struct thing *thing) {
  map_with(thing, MAP_PRIVATE);
  if (!thing->missing) TRY(syscall(462, thing->memory, SIZE, 0) == 0); /* mseal */
}
static void show_sealed(struct thing *thing) {
  show_memory(thing);
  tell(" unmapped %d", munmap(thing->memory, SIZE));
}

/* In memory of anybody: which pages are guarded is `arg`. */
static void guard(struct thing *thing) {
  for (int page = 0; page < PAGES; page++)
    if ((thing->arg * 37 + 1) >> page & 1) TRY(madvise(thing->memory + page * 4096, 4096, 102) == 0);
}
static void make_guarded(struct thing *thing) {
  map_with(thing, MAP_PRIVATE);
  if (!thing->missing) guard(thing);
}
static void make_guarded_file(struct thing *thing) {
  int fd = make_file(thing, "guarded", 0);
  TRY(fd >= 0);
  made(thing, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
  close(fd);
  if (!thing->missing) guard(thing);
}
static void show_guarded(struct thing *thing) {
  for (int page = 0; page < PAGES; page++) {
    unsigned char *at = thing->memory + page * 4096, into[1];
    int pipes[2];
    if (pipe(pipes) < 0) return tell(" no pipe");
    /* Writing from it says EFAULT where a touch would be SIGSEGV. */
    int readable = write(pipes[1], at, 1) == 1 && read(pipes[0], into, 1) == 1;
    tell(" %s", !readable ? "guard" : into[0] == pattern((size_t)page * 4096, 3) ? "kept" : "differs");
    close(pipes[0]), close(pipes[1]);
  }
}

static void make_sparse(struct thing *thing) {
  size_t size = sizeof(long) == 8 ? (size_t)1 << 36 : (size_t)1 << 28;
  made(thing, mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_NORESERVE | MAP_ANONYMOUS | (thing->arg & 1 ? MAP_SHARED : MAP_PRIVATE), -1, 0));
  if (!thing->missing) fill(thing->memory, SIZE, 3), thing->memory[size / 2] = 9, thing->memory[size - 1] = 7;
}
static void show_sparse(struct thing *thing) {
  size_t size = sizeof(long) == 8 ? (size_t)1 << 36 : (size_t)1 << 28;
  show_memory(thing);
  tell(" %d %d %d", thing->memory[size / 4], thing->memory[size / 2], thing->memory[size - 1]);
}

static void make_moved(struct thing *thing) {
  map_with(thing, thing->arg & 1 ? MAP_SHARED : MAP_PRIVATE);
  if (!thing->missing) made(thing, mremap(thing->memory, SIZE, 2 * SIZE, MREMAP_MAYMOVE));
}

static void make_mapped(struct thing *thing) {
  int fd = make_file(thing, "mapped", 0);
  TRY(fd >= 0);
  made(thing, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
  if (!thing->missing && thing->arg & 1) thing->memory[5] ^= 0;
  close(fd);
}

/* What is written into a shared mapping reaches the file; what of the file changes is seen in it. */
static void make_shared_file(struct thing *thing) {
  thing->fd = make_file(thing, "shared", 0);
  TRY(thing->fd >= 0);
  made(thing, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, thing->fd, 0));
  if (thing->arg & 1) close(thing->fd), thing->fd = -1;
}
static void show_shared_file(struct thing *thing) {
  show_memory(thing);
  int fd = open(thing->name, O_RDWR);
  char byte = 0;
  thing->memory[100] = 'x';
  tell(" file %s", fd < 0 ? "is gone" : pread(fd, &byte, 1, 100) == 1 && byte == 'x' ? "has it" : "lacks it");
  if (fd >= 0 && pwrite(fd, "y", 1, 200) == 1) tell(" seen %d", thing->memory[200] == 'y');
  close(fd);
}

/* The same with its name removed; with a bit of `arg` another name is left. */
static void make_unlinked_mapping(struct thing *thing) {
  make_shared_file(thing);
  if (thing->missing) return;
  char other[NAME_ROOM + 8];
  snprintf(other, sizeof other, "%s.link", thing->name);
  if (thing->arg & 2) TRY(link(thing->name, other) == 0);
  TRY(unlink(thing->name) == 0);
  if (thing->arg & 2) snprintf(thing->name, NAME_ROOM, "%.290s", other);
}

static void make_memfd_mapping(struct thing *thing) {
  thing->fd = (int)syscall(SYS_memfd_create, NAMES[thing->arg], 0);
  TRY(thing->fd >= 0 && ftruncate(thing->fd, SIZE) == 0);
  unsigned char bytes[SIZE];
  fill(bytes, SIZE, 3);
  TRY(write(thing->fd, bytes, SIZE) == SIZE);
  made(thing, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, thing->arg & 1 ? MAP_PRIVATE : MAP_SHARED, thing->fd, 0));
}
static void show_memfd_mapping(struct thing *thing) {
  show_memory(thing);
  tell(" written %d", (int)pwrite(thing->fd, "z", 1, 9000));
  tell(" seen %d", thing->memory[9000] == 'z');
}

static void make_file_tail(struct thing *thing) {
  int fd = make_file(thing, "tail", 0);
  TRY(fd >= 0);
  made(thing, mmap(NULL, 2 * SIZE, PROT_READ, thing->arg & 1 ? MAP_SHARED : MAP_PRIVATE, fd, 0));
  close(fd);
}

static void make_sysv(struct thing *thing) {
  thing->fd = shmget(IPC_PRIVATE, SIZE, 0600);
  TRY(thing->fd >= 0);
  thing->memory = shmat(thing->fd, NULL, 0);
  shmctl(thing->fd, IPC_RMID, NULL);
  TRY(thing->memory != (void *)-1);
  fill(thing->memory, SIZE, 3);
}

static void make_secret(struct thing *thing) {
  thing->fd = (int)syscall(447, 0); /* memfd_secret */
  TRY(thing->fd >= 0 && ftruncate(thing->fd, SIZE) == 0);
  made(thing, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, thing->fd, 0));
  if (!thing->missing) fill(thing->memory, SIZE, 3);
}

static void make_code(struct thing *thing) {
  map_with(thing, MAP_PRIVATE);
  if (thing->missing) return;
  memcpy(thing->memory, "\xb8\x2a\x00\x00\x00\xc3", 6); /* mov $42, %eax; ret */
  TRY(mprotect(thing->memory, SIZE, PROT_READ | PROT_EXEC) == 0);
}
static void show_code(struct thing *thing) { tell(" returns %d", ((int (*)(void))thing->memory)()); }

static void make_many(struct thing *thing) {
  made(thing, mmap(NULL, 600 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (thing->missing) return;
  for (int page = 0; page < 600; page++) {
    thing->memory[page * 4096] = (unsigned char)page;
    if (page & 1) TRY(mprotect(thing->memory + page * 4096, 4096, PROT_READ) == 0);
  }
}
static void show_many(struct thing *thing) {
  int right = 0;
  for (int page = 0; page < 600; page++) right += thing->memory[page * 4096] == (unsigned char)page;
  tell(" %d of 600", right);
}

/* ---- Descriptors ---- */

static void show_flags(int fd) {
  int flags = fcntl(fd, F_GETFL);
  tell(" flags %o cloexec %d", flags < 0 ? 0 : flags, fcntl(fd, F_GETFD));
}

static const int FILE_FLAGS[8] = {0, O_APPEND, O_NONBLOCK, O_CLOEXEC, O_SYNC, O_NOATIME, O_APPEND | O_NONBLOCK, O_CLOEXEC | O_DSYNC};
static void make_open_file(struct thing *thing) {
  thing->fd = make_file(thing, "open", FILE_FLAGS[thing->arg]);
  TRY(thing->fd >= 0 && lseek(thing->fd, 1000 + thing->arg, SEEK_SET) > 0);
}
static void show_open_file(struct thing *thing) {
  unsigned char byte = 0;
  off_t at = lseek(thing->fd, 0, SEEK_CUR);
  show_flags(thing->fd);
  tell(" offset %lld", (long long)at);
  tell(" byte %s", read(thing->fd, &byte, 1) == 1 && byte == pattern((size_t)at, 3) ? "right" : "wrong");
  struct stat here;
  tell(" name %s", lstat(thing->name, &here) == 0 ? "there" : "gone");
}

static void make_deleted(struct thing *thing) {
  make_open_file(thing);
  if (!thing->missing) TRY(unlink(thing->name) == 0);
}

static void make_linked_elsewhere(struct thing *thing) {
  make_open_file(thing);
  char other[NAME_ROOM + 8];
  snprintf(other, sizeof other, "%s.link", thing->name);
  if (!thing->missing) TRY(link(thing->name, other) == 0 && unlink(thing->name) == 0);
}

static void make_copied(struct thing *thing) {
  make_open_file(thing);
  if (thing->missing) return;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", thing->fd);
  thing->more = thing->arg & 1 ? dup(thing->fd) : open(path, O_RDONLY | O_NONBLOCK);
  TRY(thing->more >= 0);
}
static void show_copied(struct thing *thing) {
  show_open_file(thing);
  show_flags(thing->more);
  tell(" other offset %lld", (long long)lseek(thing->more, 0, SEEK_CUR));
}

static void make_locks(struct thing *thing) {
  make_open_file(thing);
  if (thing->missing) return;
  struct flock part = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20};
  TRY((thing->arg & 1 ? flock(thing->fd, LOCK_EX) : fcntl(thing->fd, thing->arg & 2 ? F_OFD_SETLK : F_SETLK, &part)) == 0);
}
static void show_locks(struct thing *thing) {
  int other = open(thing->name, O_RDWR);
  struct flock part = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  tell(" flock %d", flock(other, LOCK_EX | LOCK_NB));
  if (fcntl(other, F_OFD_GETLK, &part) == 0) tell(" lock %d", part.l_type);
}

static void make_lease(struct thing *thing) {
  make_open_file(thing);
  if (!thing->missing) TRY(fcntl(thing->fd, F_SETLEASE, F_WRLCK) == 0);
}
static void show_lease(struct thing *thing) { tell(" lease %d", fcntl(thing->fd, F_GETLEASE)); }

static void make_pipe(struct thing *thing) {
  int ends[2];
  TRY(pipe2(ends, thing->arg & 1 ? O_NONBLOCK : thing->arg & 2 ? O_DIRECT : 0) == 0);
  thing->fd = ends[0], thing->more = ends[1];
  for (int n = 0; n < thing->arg; n++) TRY(write(thing->more, "abcdef", (size_t)n + 1) == n + 1);
  if (thing->arg & 4) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", thing->fd);
    TRY(open(path, O_RDONLY | O_NONBLOCK) >= 0);
  }
}
static void show_pipe(struct thing *thing) {
  char bytes[256];
  show_flags(thing->fd), show_flags(thing->more);
  fcntl(thing->fd, F_SETFL, fcntl(thing->fd, F_GETFL) | O_NONBLOCK);
  for (ssize_t got; (got = read(thing->fd, bytes, sizeof bytes)) > 0;) tell(" [%.*s]", (int)got, bytes);
}

static void make_fifo(struct thing *thing) {
  name_for(thing, "fifo");
  TRY(mkfifo(thing->name, 0600) == 0);
  thing->fd = open(thing->name, O_RDWR | O_NONBLOCK);
  TRY(thing->fd >= 0);
  thing->more = open(thing->name, thing->arg & 1 ? O_WRONLY : O_RDONLY | O_NONBLOCK);
  TRY(thing->more >= 0 && write(thing->fd, "fifo", 4) == 4);
}
static void show_fifo(struct thing *thing) {
  char bytes[64];
  show_flags(thing->fd), show_flags(thing->more);
  ssize_t got = read(thing->fd, bytes, sizeof bytes);
  tell(" [%.*s]", got < 0 ? 0 : (int)got, bytes);
}

static void make_pair(struct thing *thing) {
  static const int TYPES[3] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  int ends[2];
  TRY(socketpair(AF_UNIX, TYPES[thing->arg % 3], 0, ends) == 0);
  thing->fd = ends[0], thing->more = ends[1];
  TRY(write(thing->more, "one", 3) == 3 && write(thing->more, "second", 6) == 6);
  if (thing->arg & 4) TRY(shutdown(thing->more, SHUT_WR) == 0);
}
static void show_socket(struct thing *thing) {
  char bytes[256];
  ssize_t got;
  int count = 0;
  for (; count < 4 && (got = recv(thing->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0; count++) tell(" [%.*s]", (int)got, bytes);
  tell(" end %s", count < 4 && got == 0 ? "yes" : "no");
}

static void make_pair_with_descriptor(struct thing *thing) {
  make_pair(thing);
  if (thing->missing) return;
  union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control = {0};
  struct iovec bytes = {"fd", 2};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(head), &(int){0}, sizeof(int));
  TRY(sendmsg(thing->fd, &message, 0) == 2);
}
static void show_nothing(struct thing *thing) { (void)thing; }

static socklen_t loopback(struct sockaddr_storage *address, int six) {
  memset(address, 0, sizeof *address);
  address->ss_family = six ? AF_INET6 : AF_INET;
  if (six) ((struct sockaddr_in6 *)address)->sin6_addr = in6addr_loopback;
  else ((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static void make_tcp(struct thing *thing) {
  struct sockaddr_storage address;
  socklen_t length = loopback(&address, thing->arg & 1);
  thing->fd = socket(address.ss_family, SOCK_STREAM, 0);
  TRY(thing->fd >= 0 && bind(thing->fd, (void *)&address, length) == 0 && listen(thing->fd, 3) == 0);
  if (!(thing->arg & 2)) return;
  TRY(getsockname(thing->fd, (void *)&address, &length) == 0);
  thing->more = socket(address.ss_family, SOCK_STREAM, 0);
  TRY(thing->more >= 0 && connect(thing->more, (void *)&address, length) == 0);
  if (thing->arg & 4) TRY((thing->fd = accept(thing->fd, NULL, NULL)) >= 0 && write(thing->more, "tcp", 3) == 3);
}
static void show_tcp(struct thing *thing) {
  int value = 0;
  socklen_t length = sizeof value;
  tell(" listens %d", getsockopt(thing->fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 ? value : -1);
  if (thing->arg & 4 && thing->arg & 2) show_socket(thing);
}

static void make_udp(struct thing *thing) {
  struct sockaddr_storage address;
  socklen_t length = loopback(&address, thing->arg & 1);
  thing->fd = socket(address.ss_family, SOCK_DGRAM, 0);
  TRY(thing->fd >= 0 && bind(thing->fd, (void *)&address, length) == 0 && getsockname(thing->fd, (void *)&address, &length) == 0);
  if (thing->arg & 2) TRY(connect(thing->fd, (void *)&address, length) == 0);
  if (thing->arg & 4) TRY((shutdown(thing->fd, SHUT_WR), 1));
}
static void show_udp(struct thing *thing) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  getsockname(thing->fd, (void *)&address, &length);
  errno = 0;
  ssize_t sent = sendto(thing->fd, "udp", 3, MSG_NOSIGNAL, thing->arg & 2 ? NULL : (void *)&address, thing->arg & 2 ? 0 : length);
  tell(" sent %d %d", (int)sent, sent < 0 ? errno : 0);
  show_socket(thing);
}

static void make_unix(struct thing *thing) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  name_for(thing, "unix");
  int is_abstract = (thing->arg & 3) == 3;
  char name[100];
  snprintf(name, sizeof name, is_abstract ? "%.40s-%d" : "%.90s", thing->name, (int)getpid());
  strcpy(address.sun_path + is_abstract, name);
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)is_abstract + strlen(name) + !is_abstract);
  thing->fd = socket(AF_UNIX, thing->arg & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
  TRY(thing->fd >= 0 && bind(thing->fd, (void *)&address, length) == 0);
  if (thing->arg & 1) TRY(listen(thing->fd, 2) == 0);
  if (thing->arg & 4 && !is_abstract) TRY(unlink(thing->name) == 0);
}
static void show_unix(struct thing *thing) {
  struct stat here;
  tell(" file %s", lstat(thing->name, &here) == 0 ? "there" : "none");
  show_flags(thing->fd);
}

static void make_netlink(struct thing *thing) { TRY((thing->fd = socket(AF_NETLINK, SOCK_RAW, 0)) >= 0); }

static void make_eventfd(struct thing *thing) { TRY((thing->fd = eventfd(5, thing->arg & 1 ? EFD_SEMAPHORE : 0)) >= 0); }
static void show_eventfd(struct thing *thing) {
  uint64_t value = 0;
  tell(" %d", read(thing->fd, &value, sizeof value) == sizeof value ? (int)value : -1);
}

static void make_timerfd(struct thing *thing) {
  thing->fd = timerfd_create(thing->arg & 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec spec = {.it_value = {1000 + thing->arg, 0}, .it_interval = {thing->arg, 0}};
  TRY(thing->fd >= 0 && timerfd_settime(thing->fd, 0, &spec, NULL) == 0);
}
static void show_timerfd(struct thing *thing) {
  struct itimerspec left = {{0, 0}, {0, 0}};
  timerfd_gettime(thing->fd, &left);
  tell(" armed %d interval %d", left.it_value.tv_sec > 900, (int)left.it_interval.tv_sec);
}

static void make_signalfd(struct thing *thing) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR2);
  TRY(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && (thing->fd = signalfd(-1, &set, SFD_NONBLOCK)) >= 0 && raise(SIGUSR2) == 0); /* to this thread: others may not have it blocked */
}
static void show_signalfd(struct thing *thing) {
  struct signalfd_siginfo info;
  tell(" %d", read(thing->fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : -1);
}

static void make_epoll(struct thing *thing) {
  make_pipe(thing);
  if (thing->missing) return;
  int watched = thing->fd;
  struct epoll_event event = {.events = EPOLLIN | (thing->arg & 1 ? EPOLLONESHOT : 0), .data.u64 = 77};
  thing->fd = epoll_create1(0);
  TRY(thing->fd >= 0 && epoll_ctl(thing->fd, EPOLL_CTL_ADD, watched, &event) == 0);
}
static void show_epoll(struct thing *thing) {
  struct epoll_event event = {0};
  int count = epoll_wait(thing->fd, &event, 1, 0);
  tell(" %d %d", count, count > 0 ? (int)event.data.u64 : 0);
}

static void make_inotify(struct thing *thing) {
  int fd = make_file(thing, "watched", 0);
  TRY(fd >= 0);
  close(fd);
  thing->fd = inotify_init1(IN_NONBLOCK);
  TRY(thing->fd >= 0 && (thing->more = inotify_add_watch(thing->fd, thing->name, IN_ATTRIB | IN_DELETE_SELF)) > 0);
  if (thing->arg & 1) TRY(chmod(thing->name, 0640) == 0);
}
static void show_inotify(struct thing *thing) {
  struct inotify_event event = {0};
  chmod(thing->name, 0644);
  ssize_t got = read(thing->fd, &event, sizeof event);
  tell(" %d watch %d", got > 0, event.wd == thing->more);
}

static void make_path(struct thing *thing) {
  name_for(thing, "link");
  TRY(symlink(thing->arg & 1 ? "nowhere" : "/", thing->name) == 0);
  thing->fd = open(thing->name, O_PATH | (thing->arg & 1 || thing->arg & 2 ? O_NOFOLLOW : 0));
  TRY(thing->fd >= 0);
}
static void show_path(struct thing *thing) {
  struct stat found;
  tell(" mode %o", fstat(thing->fd, &found) == 0 ? found.st_mode & S_IFMT : 0);
}

static void make_directory(struct thing *thing) {
  name_for(thing, "directory");
  TRY(mkdir(thing->name, 0700) == 0 && (thing->fd = open(thing->name, O_RDONLY | O_DIRECTORY)) >= 0);
  if (thing->arg == 7) TRY(rmdir(thing->name) == 0);
}
static void show_directory(struct thing *thing) {
  int fd = openat(thing->fd, "inside", O_CREAT | O_RDWR, 0600);
  char path[NAME_ROOM + 8];
  struct stat here;
  snprintf(path, sizeof path, "%s/inside", thing->name);
  tell(" made %d seen %d", fd >= 0, stat(path, &here) == 0);
}

static const char *const SPECIAL[8] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/proc/self/status", "/proc/self/ns/net", "/proc/version", "/dev/tty"};
static void make_special(struct thing *thing) { TRY((thing->fd = open(SPECIAL[thing->arg], thing->arg < 4 ? O_RDWR : O_RDONLY)) >= 0); }
static void show_special(struct thing *thing) { show_flags(thing->fd); }

static void make_pty(struct thing *thing) {
  thing->fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
  int unlocked = 0;
  TRY(thing->fd >= 0 && ioctl(thing->fd, TIOCSPTLCK, &unlocked) == 0 && (thing->more = ioctl(thing->fd, TIOCGPTPEER, O_RDWR | O_NOCTTY)) >= 0);
}
static void show_pty(struct thing *thing) {
  char bytes[16];
  ssize_t wrote = write(thing->more, "tty", 3), got = read(thing->fd, bytes, sizeof bytes);
  tell(" %d [%.*s]", (int)wrote, got < 0 ? 0 : (int)got, bytes);
}

static void make_odd(struct thing *thing) {
  char params[256] = {0};
  switch (thing->arg) {
  case 0: thing->fd = (int)syscall(SYS_pidfd_open, getpid(), 0); break;
  case 1: thing->fd = (int)syscall(425, 4, params); break; /* io_uring_setup */
  case 2: thing->fd = (int)syscall(SYS_userfaultfd, 1); break;
  case 3: thing->fd = (int)syscall(SYS_fanotify_init, 0, 0); break;
  case 4: thing->fd = (int)syscall(SYS_perf_event_open, params, 0, -1, -1, 0); break;
  case 5: thing->fd = (int)syscall(447, 0); break; /* memfd_secret */
  case 6: thing->fd = (int)syscall(SYS_memfd_create, "sealed", 2); if (thing->fd >= 0) fcntl(thing->fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK); break;
  default: thing->fd = open(".", O_TMPFILE | O_RDWR, 0600); break;
  }
  TRY(thing->fd >= 0);
}
static void show_odd(struct thing *thing) { show_flags(thing->fd); }

static void make_high(struct thing *thing) {
  static const int NUMBERS[8] = {200, 255, 500, 1000, 63, 64, 1023, 333};
  thing->fd = NUMBERS[thing->arg];
  TRY(dup2(1, thing->fd) >= 0);
  TRY(fcntl(thing->fd, F_SETFD, FD_CLOEXEC) == 0);
}

/* When all else is made: an image has its caller's, whatever the process has made of that number. */
static int closes_stderr;
static void make_closed(struct thing *thing) { closes_stderr = 1, thing->fd = 2; }

/* ---- The process ---- */

static const struct { int resource; rlim_t soft; } LIMITS[8] = {
  {RLIMIT_AS, 1}, {RLIMIT_DATA, 4096}, {RLIMIT_STACK, 65536}, {RLIMIT_NOFILE, 12}, {RLIMIT_FSIZE, 4096}, {RLIMIT_MEMLOCK, 0}, {RLIMIT_NPROC, 1}, {RLIMIT_SIGPENDING, 0},
};
static void make_limit(struct thing *thing) {
  struct rlimit limit;
  TRY(getrlimit((int)LIMITS[thing->arg].resource, &limit) == 0);
  limit.rlim_cur = LIMITS[thing->arg].soft;
  TRY(setrlimit(LIMITS[thing->arg].resource, &limit) == 0);
}
static void show_limit(struct thing *thing) {
  struct rlimit limit;
  getrlimit(LIMITS[thing->arg].resource, &limit);
  tell(" %lld", (long long)limit.rlim_cur);
}

static void make_cwd(struct thing *thing) {
  name_for(thing, "cwd");
  TRY(mkdir(thing->name, 0700) == 0 && chdir(thing->name) == 0);
}
static void show_cwd(struct thing *thing) {
  char path[4096];
  tell(" %d", getcwd(path, sizeof path) && strstr(path, thing->name) != NULL);
}
static void make_cwd_gone(struct thing *thing) {
  make_cwd(thing);
  char path[NAME_ROOM + 8];
  snprintf(path, sizeof path, "../%s", thing->name);
  if (!thing->missing) TRY(rmdir(path) == 0);
}
static void make_deep(struct thing *thing) {
  char name[201];
  memset(name, 'd', 200), name[200] = 0;
  for (int n = 0; n < 3 * (thing->arg + 1); n++) TRY(mkdir(name, 0700) == 0 && chdir(name) == 0);
  TRY((thing->fd = open("deep", O_RDWR | O_CREAT, 0600)) >= 0);
}

static volatile sig_atomic_t caught;
static void on_signal(int signo, siginfo_t *info, void *context) { (void)info, (void)context, caught = signo; }
static void make_signals(struct thing *thing) {
  int signo = thing->arg & 1 ? SIGRTMIN + thing->arg : SIGUSR1;
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, signo);
  thing->more = signo;
  catch_with(signo, on_signal, thing->arg & 2 ? SA_ONSTACK : SA_RESTART);
  if (thing->arg & 2) {
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    TRY(stack.ss_sp && sigaltstack(&stack, NULL) == 0);
  }
  TRY(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && kill(getpid(), signo) == 0);
}
static void show_signals(struct thing *thing) {
  sigset_t set;
  sigpending(&set);
  tell(" pending %d", sigismember(&set, thing->more));
  caught = 0;
  sigemptyset(&set), sigaddset(&set, thing->more), sigprocmask(SIG_UNBLOCK, &set, NULL);
  tell(" caught %d", caught == thing->more);
}

static void make_timers(struct thing *thing) {
  struct itimerval value = {{0, 0}, {5000, 0}};
  TRY(setitimer(thing->arg & 1 ? ITIMER_REAL : ITIMER_PROF, &value, NULL) == 0);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  TRY(timer_create(thing->arg & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &event, &timer) == 0);
}
static void show_timers(struct thing *thing) {
  struct itimerval left;
  getitimer(thing->arg & 1 ? ITIMER_REAL : ITIMER_PROF, &left);
  tell(" armed %d", left.it_value.tv_sec > 4000);
}

static const struct { int option; unsigned long value; } PRCTLS[8] = {
  {PR_SET_DUMPABLE, 0}, {PR_SET_NO_NEW_PRIVS, 1}, {PR_SET_CHILD_SUBREAPER, 1}, {PR_SET_PDEATHSIG, SIGURG}, {PR_SET_THP_DISABLE, 1}, {PR_SET_TIMERSLACK, 77777},
  {65 /* PR_SET_MDWE */, 1}, {PR_SET_KEEPCAPS, 1},
};
static const int GETTERS[8] = {PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, 0, 0, PR_GET_THP_DISABLE, PR_GET_TIMERSLACK, 66, PR_GET_KEEPCAPS};
static void make_prctl(struct thing *thing) { TRY(prctl(PRCTLS[thing->arg].option, PRCTLS[thing->arg].value, 0, 0, 0) == 0); }
static void show_prctl(struct thing *thing) {
  if (GETTERS[thing->arg]) tell(" %d", prctl(GETTERS[thing->arg], 0, 0, 0, 0));
}

static void make_name(struct thing *thing) { TRY(prctl(PR_SET_NAME, NAMES[thing->arg]) == 0); }
static void show_name(struct thing *thing) {
  char name[17] = {0};
  prctl(PR_GET_NAME, name);
  tell(" %d", strncmp(name, NAMES[thing->arg], 15) == 0);
}

static void make_umask(struct thing *thing) { umask((mode_t)thing->arg * 9); }
static void show_umask(struct thing *thing) { (void)thing; tell(" %o", umask(0)); }

static void make_nice(struct thing *thing) { TRY(setpriority(PRIO_PROCESS, 0, thing->arg) == 0); }
static void show_nice(struct thing *thing) { (void)thing; tell(" %d", getpriority(PRIO_PROCESS, 0)); }

static void *wait_there(void *unused) {
  for (;;) pause();
  return unused;
}
static void make_threads(struct thing *thing) {
  for (int n = 0; n <= thing->arg; n++) {
    pthread_t thread;
    TRY((errno = pthread_create(&thread, NULL, wait_there, NULL)) == 0);
  }
}
static void show_threads(struct thing *thing) {
  (void)thing;
  char text[4096], *found;
  read_text("/proc/self/status", text, sizeof text);
  tell(" %d", (found = strstr(text, "Threads:")) ? atoi(found + 8) : 0);
}

static void make_child(struct thing *thing) {
  pid_t child = fork();
  TRY(child >= 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (thing->arg & 1) _exit(3);
    for (;;) pause();
  }
  if (thing->arg & 1) TRY(waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT) == 0);
  thing->more = child;
}
static void show_child(struct thing *thing) {
  int status = 0;
  if (!(thing->arg & 1)) kill(thing->more, SIGKILL);
  pid_t ended = waitpid(thing->more, &status, 0);
  tell(" %d %d", ended == thing->more, status);
}

static void make_seccomp(struct thing *thing) {
  struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  struct sock_fprog program = {1, &allow};
  TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}
static void make_landlock(struct thing *thing) {
  uint64_t rules[1] = {1 << 2};
  int fd = (int)syscall(444, rules, sizeof rules, 0);
  TRY(fd >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(446, fd, 0) == 0);
  close(fd);
}
static void show_landlock(struct thing *thing) { (void)thing; tell(" opened %d", open("/etc/passwd", O_RDONLY) >= 0); }

static const int SPACES[8] = {CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWUSER, CLONE_NEWCGROUP, CLONE_NEWUSER | CLONE_NEWNS, CLONE_NEWPID};
static void make_namespace(struct thing *thing) { TRY(unshare(SPACES[thing->arg]) == 0); }
static void make_tmpfs(struct thing *thing) {
  name_for(thing, "tmpfs");
  TRY(unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mkdir(thing->name, 0700) == 0);
  TRY(mount("none", thing->name, "tmpfs", 0, NULL) == 0);
  char path[NAME_ROOM + 8];
  snprintf(path, sizeof path, "%s/inside", thing->name);
  TRY((thing->fd = open(path, O_RDWR | O_CREAT, 0600)) >= 0);
}

static void make_ids(struct thing *thing) {
  switch (thing->arg & 3) {
  case 0: TRY(setresuid(65534, 65534, 65534) == 0); return;
  case 1: TRY(seteuid(65534) == 0); return;
  case 2: TRY(setresgid(65534, 65534, 65534) == 0); return;
  default: TRY(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0) == 0);
  }
}
static void show_ids(struct thing *thing) { (void)thing; tell(" same user %d", geteuid() == getuid()); }

static void make_root(struct thing *thing) {
  name_for(thing, "root");
  TRY(mkdir(thing->name, 0700) == 0 && chroot(thing->name) == 0);
}

static void make_personality(struct thing *thing) { TRY(personality(thing->arg & 1 ? ADDR_NO_RANDOMIZE : READ_IMPLIES_EXEC) != -1); }
static void show_personality(struct thing *thing) { (void)thing; tell(" %x", personality(0xffffffff)); }

static void make_heap(struct thing *thing) {
  for (int n = 0; n < 200; n++) {
    unsigned char *block = malloc(100 + (size_t)n * (size_t)(thing->arg + 1) * 40);
    TRY(block);
    block[0] = (unsigned char)n;
    if (n % 3 == 0) free(block);
  }
}

#define ROW(name) {#name, make_##name, show_##name}
static const struct { const char *name; void (*make)(struct thing *), (*show)(struct thing *); } ROWS[] = {
  {"anon", make_anon, show_memory}, {"shared", make_shared, show_memory}, {"grows", make_grows, show_memory}, ROW(droppable),
  {"advised", make_advised, show_memory}, {"locked", make_locked, show_memory}, ROW(protected), ROW(sealed), ROW(guarded), {"guarded-file", make_guarded_file, show_guarded},
  ROW(sparse), {"moved", make_moved, show_memory}, {"mapped", make_mapped, show_memory}, {"shared-file", make_shared_file, show_shared_file},
  {"unlinked-mapping", make_unlinked_mapping, show_shared_file}, {"memfd-mapping", make_memfd_mapping, show_memfd_mapping}, {"file-tail", make_file_tail, show_memory},
  {"sysv", make_sysv, show_memory}, {"secret", make_secret, show_memory}, ROW(code), ROW(many), {"open-file", make_open_file, show_open_file},
  {"deleted", make_deleted, show_open_file}, {"linked-elsewhere", make_linked_elsewhere, show_open_file}, ROW(copied), ROW(locks), ROW(lease), ROW(pipe), ROW(fifo),
  {"pair", make_pair, show_socket}, {"pair-with-descriptor", make_pair_with_descriptor, show_nothing}, ROW(tcp), ROW(udp), ROW(unix), {"netlink", make_netlink, show_odd},
  ROW(eventfd), ROW(timerfd), ROW(signalfd), ROW(epoll), ROW(inotify), ROW(path), ROW(directory), ROW(special), ROW(pty), ROW(odd), {"high", make_high, show_odd},
  {"closed", make_closed, show_odd}, ROW(limit), ROW(cwd), {"cwd-gone", make_cwd_gone, show_nothing}, {"deep", make_deep, show_odd}, ROW(signals), ROW(timers), ROW(prctl),
  ROW(name), ROW(umask), ROW(nice), ROW(threads), ROW(child), {"seccomp", make_seccomp, show_nothing}, ROW(landlock), {"namespace", make_namespace, show_nothing},
  {"tmpfs", make_tmpfs, show_odd}, ROW(ids), {"root", make_root, show_nothing}, ROW(personality), {"heap", make_heap, show_nothing},
};
enum { COUNT = sizeof ROWS / sizeof *ROWS };

int main(int argc, char **argv) {
  static struct thing things[MOST];
  static int rows[MOST];
  if (argc == 2 && strcmp(argv[1], "list") == 0) {
    for (int row = 0; row < COUNT; row++) tell("%s\n", ROWS[row].name);
    return 0;
  }
  NEED(argc <= MOST);
  for (int n = 1; n < argc; n++) {
    size_t length = strcspn(argv[n], "=");
    for (rows[n] = 0; rows[n] < COUNT; rows[n]++)
      if (strlen(ROWS[rows[n]].name) == length && strncmp(ROWS[rows[n]].name, argv[n], length) == 0) break;
    NEED(rows[n] < COUNT);
    things[n].arg = argv[n][length] ? atoi(argv[n] + length + 1) & 7 : 0;
    things[n].fd = things[n].more = -1;
    ROWS[rows[n]].make(&things[n]);
  }
  if (closes_stderr) close(2);
  frozen_here();
  for (int n = 1; n < argc; n++) {
    tell("%s:", argv[n]);
    if (things[n].missing) tell(" not here: %s: %s", things[n].missing, strerror(things[n].error));
    else ROWS[rows[n]].show(&things[n]);
    tell("\n");
  }
  return ok();
}
