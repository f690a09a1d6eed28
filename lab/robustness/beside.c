/*
 * beside WHAT NAME: holds all that a rehearsal of its image must leave to it, says `ready`, and says at each SIGUSR1 whether anything came near:
 * locks, addresses, a FIFO with bytes in it, memory that is locked. As `watching` it is told by inotify of every file that is opened here.
 */
#include "../targets/target.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static volatile sig_atomic_t poked, over;
static void on_poke(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, poked = 1; }
static void on_over(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, over = 1; }

static int socket_at(int domain, int type, const void *address, socklen_t length) {
  int fd = socket(domain, type, 0);
  NEED(fd >= 0);
  if (domain == AF_INET) {
    int on = 1;
    NEED(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    NEED(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
  }
  NEED(bind(fd, address, length) == 0);
  if (type == SOCK_STREAM) NEED(listen(fd, 5) == 0);
  return fd;
}

/* Its port is the kernel's choice; `port` is it. */
static int inet_at(int type, in_port_t *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket_at(AF_INET, type, &address, length);
  NEED(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
  *port = address.sin_port;
  return fd;
}

static int unix_at(const char *name, int is_abstract) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path + is_abstract, name, sizeof address.sun_path - 2);
  return socket_at(AF_UNIX, SOCK_STREAM, &address, offsetof(struct sockaddr_un, sun_path) + is_abstract + strlen(name) + !is_abstract);
}

static int holds_locks(const char *path) {
  int other = open(path, O_RDWR);
  NEED(other >= 0);
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  NEED(fcntl(other, F_OFD_GETLK, &whole) == 0);
  int held = whole.l_type == F_WRLCK && flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK;
  close(other);
  return held;
}

int main(int argc, char **argv) {
  NEED(argc == 3);
  NEED(prctl(PR_SET_NAME, argv[2]) == 0);
  catch_with(SIGUSR1, on_poke, 0);
  catch_with(SIGUSR2, on_over, 0);
  int locked = open("locked", O_RDWR | O_CREAT, 0600);
  NEED(locked >= 0 && flock(locked, LOCK_EX) == 0);
  struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  NEED(fcntl(locked, F_OFD_SETLK, &all) == 0);
  NEED(mkfifo("fifo", 0600) == 0);
  int fifo = open("fifo", O_RDWR | O_NONBLOCK);
  NEED(fifo >= 0 && write(fifo, "waits", 5) == 5);
  in_port_t tcp_port, udp_port;
  int listeners[] = {inet_at(SOCK_STREAM, &tcp_port), unix_at("socket", 0), unix_at(argv[2], 1)};
  int udp = inet_at(SOCK_DGRAM, &udp_port);
  unsigned char *memory = map_anon(16 * PAGE);
  fill(memory, 16 * PAGE, 3);
  NEED(mlock(memory, 16 * PAGE) == 0);
  int watch = -1;
  if (strcmp(argv[1], "watching") == 0) {
    watch = inotify_init1(IN_NONBLOCK);
    NEED(watch >= 0 && inotify_add_watch(watch, "locked", IN_ALL_EVENTS) >= 0);
  }
  ready();

  sigset_t both, before;
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
  NEED(sigprocmask(SIG_BLOCK, &both, &before) == 0);
  for (int n = 1;; n++) {
    while (!poked && !over) sigsuspend(&before);
    if (over) return ok();
    poked = 0;
    char bytes[16];
    for (size_t i = 0; i < sizeof listeners / sizeof *listeners; i++) {
      int flags = fcntl(listeners[i], F_GETFL);
      NEED(fcntl(listeners[i], F_SETFL, flags | O_NONBLOCK) == 0);
      CHECK(accept(listeners[i], NULL, NULL) == -1 && errno == EAGAIN, "somebody connected to listener %zu", i);
      NEED(fcntl(listeners[i], F_SETFL, flags) == 0);
    }
    /* Whoever shares the port gets it instead. */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = udp_port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int sender = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(sendto(sender, "mine", 4, 0, (void *)&address, sizeof address) == 4, "sendto: %s", strerror(errno));
    close(sender);
    CHECK(recv(udp, bytes, sizeof bytes, MSG_DONTWAIT) == 4, "a datagram went elsewhere");
    int waiting = 0;
    CHECK(ioctl(fifo, FIONREAD, &waiting) == 0 && waiting == 5, "the FIFO has %d bytes", waiting);
    CHECK_FILLED(memory, 16 * PAGE, 3);
    if (watch >= 0) CHECK(read(watch, bytes, sizeof bytes) == -1 && errno == EAGAIN, "inotify reports something");
    else CHECK(holds_locks("locked"), "a lock is gone");
    char line[64];
    snprintf(line, sizeof line, "untouched %d\n", n);
    say(line);
  }
}
