// A pseudo-terminal with both ends in the process keeps its settings, window size, packet mode and lock, and goes on passing bytes.
#include "target.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master(void) {
  int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  NEED(fd >= 0 && unlockpt(fd) == 0);
  return fd;
}

static int peer(int fd, int flags) {
  char path[32];
  NEED(ptsname_r(fd, path, sizeof path) == 0);
  return open(path, O_RDWR | O_NOCTTY | flags);
}

static short polled(int fd) {
  struct pollfd wanted = {fd, POLLIN, 0};
  return poll(&wanted, 1, 0) >= 0 ? wanted.revents : -1;
}

/** What `count` bytes come through a master in packet mode, each part of them behind a zero. */
static int packets(int fd, char *bytes, size_t count) {
  char part[8];
  for (size_t got = 0; got < count;) {
    ssize_t length = read(fd, part, sizeof part);
    if (length < 2 || part[0] != 0 || got + length - 1 > count) return 0;
    memcpy(bytes + got, part + 1, length - 1), got += length - 1;
  }
  return 1;
}

static void set(int fd, struct termios *settings) {
  NEED(tcgetattr(fd, settings) == 0);
  cfmakeraw(settings);
  settings->c_cc[VINTR] = 7, settings->c_oflag |= OPOST | ONLCR;
  NEED(tcsetattr(fd, TCSANOW, settings) == 0 && tcgetattr(fd, settings) == 0);
}

int main(void) {
  struct termios wanted, found;
  struct winsize size = {33, 77, 3, 4}, seen;
  int early = open("/dev/null", O_RDWR), first = master(), slave = peer(first, 0), again = peer(first, O_NONBLOCK), on = 1;
  int locked = master(), ended = master(), gone = peer(ended, 0);
  NEED(dup2(slave, early) == early && close(slave) == 0 && again >= 0 && gone >= 0 && close(gone) == 0);
  set(early, &wanted);
  NEED(ioctl(early, TIOCSWINSZ, &size) == 0 && ioctl(first, TIOCPKT, &on) == 0 && ioctl(locked, TIOCSPTLCK, &on) == 0);
  frozen_here();
  char bytes[8];
  CHECK(tcgetattr(early, &found) == 0 && found.c_lflag == wanted.c_lflag && found.c_iflag == wanted.c_iflag && found.c_oflag == wanted.c_oflag, "modes differ");
  CHECK(found.c_cflag == wanted.c_cflag && memcmp(found.c_cc, wanted.c_cc, sizeof wanted.c_cc) == 0, "settings differ");
  CHECK(ioctl(first, TIOCGWINSZ, &seen) == 0 && memcmp(&seen, &size, sizeof size) == 0, "the window is %d by %d", seen.ws_row, seen.ws_col);
  CHECK(write(early, "a\n", 2) == 2 && packets(first, bytes, 3) && memcmp(bytes, "a\r\n", 3) == 0, "the master reads something else");
  struct pollfd arrived = {again, POLLIN, 0};
  CHECK(write(first, "b", 1) == 1 && poll(&arrived, 1, -1) == 1 && read(again, bytes, 8) == 1 && bytes[0] == 'b', "the slave reads something else");
  CHECK(read(again, bytes, 1) == -1 && errno == EAGAIN, "its flags differ");
  CHECK(ioctl(locked, TIOCGPTLCK, &on) == 0 && on == 1 && peer(locked, 0) == -1 && errno == EIO, "it is not locked");
  CHECK(polled(ended) & POLLHUP && !(polled(first) & POLLHUP) && !(polled(locked) & POLLHUP), "who has hung up differs");
  return ok();
}
