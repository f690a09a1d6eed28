// Sizes of socket buffers stay the program's where it set or locked them, and the kernel's where it gave them back.
#include "target.h"
#include <sys/socket.h>

#define LOCK 72 /* SO_BUF_LOCK, Linux 5.14 */

static int number(int fd, int option) {
  int value = -1;
  socklen_t room = sizeof value;
  CHECK(getsockopt(fd, SOL_SOCKET, option, &value, &room) == 0, "option %d: %s", option, strerror(errno));
  return value;
}

static void set(int fd, int option, int value) { NEED(setsockopt(fd, SOL_SOCKET, option, &value, sizeof value) == 0); }

int main(void) {
  int sized = socket(AF_INET, SOCK_STREAM, 0), usual = socket(AF_INET, SOCK_STREAM, 0), locked = socket(AF_INET, SOCK_STREAM, 0);
  int given_back = socket(AF_INET, SOCK_DGRAM, 0), value;
  socklen_t room = sizeof value;
  int has_lock = getsockopt(sized, SOL_SOCKET, LOCK, &value, &room) == 0;
  set(sized, SO_SNDBUF, 30000), set(usual, SO_RCVBUF, number(usual, SO_RCVBUF) / 2), set(given_back, SO_RCVBUF, 30000);
  int size = number(usual, SO_RCVBUF), locked_size = number(locked, SO_SNDBUF);
  if (has_lock) set(locked, LOCK, 1), set(given_back, LOCK, 0);
  frozen_here();
  CHECK(number(sized, SO_SNDBUF) == 60000, "SO_SNDBUF is %d", number(sized, SO_SNDBUF));
  CHECK(number(usual, SO_RCVBUF) == size && number(locked, SO_SNDBUF) == locked_size, "usual sizes are others");
  CHECK(number(given_back, SO_RCVBUF) == 60000, "SO_RCVBUF is %d", number(given_back, SO_RCVBUF));
  if (!has_lock) return ok();
  CHECK(number(sized, LOCK) == 1 && number(usual, LOCK) == 2, "what has a size has locks %d and %d", number(sized, LOCK), number(usual, LOCK));
  CHECK(number(locked, LOCK) == 1, "what was locked has lock %d", number(locked, LOCK));
  CHECK(number(given_back, LOCK) == 0, "what was given back has lock %d", number(given_back, LOCK));
  return ok();
}
