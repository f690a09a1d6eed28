// Pairs of UNIX sockets keep what waits in each end, packets apart, what was shut down, and their options.
#include "target.h"
#include <poll.h>
#include <sys/socket.h>

static void pair(int type, int ends[2]) { NEED(socketpair(AF_UNIX, type, 0, ends) == 0); }

static void expect(int fd, const char *text, size_t length) {
  char got[64];
  ssize_t count = recv(fd, got, sizeof got, MSG_DONTWAIT);
  CHECK(count == (ssize_t)length && memcmp(got, text, length) == 0, "%zd bytes came of %zu: %s", count, length, strerror(errno));
}

int main(void) {
  static unsigned char bytes[30000], back[30000];
  int stream[2], packets[2], messages[2], closed[2], shut[2], size = 65536, value;
  socklen_t room = sizeof value;
  pair(SOCK_STREAM, stream), pair(SOCK_SEQPACKET, packets), pair(SOCK_DGRAM, messages), pair(SOCK_STREAM, closed), pair(SOCK_STREAM, shut);
  fill(bytes, sizeof bytes, 5);
  for (size_t at = 0; at < sizeof bytes; at += 1000) NEED(write(stream[0], bytes + at, 1000) == 1000);
  NEED(write(stream[1], "back", 4) == 4);
  NEED(write(packets[0], "one", 3) == 3 && write(packets[0], "second", 6) == 6);
  NEED(write(messages[1], "a", 1) == 1 && write(messages[1], "", 0) == 0 && write(messages[1], "bc", 2) == 2);
  NEED(setsockopt(messages[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0 && fcntl(packets[1], F_SETFL, O_NONBLOCK) == 0);
  NEED(write(closed[1], "last", 4) == 4 && close(closed[1]) == 0 && shutdown(shut[0], SHUT_WR) == 0);
  int duplicate = dup(stream[1]);
  NEED(duplicate >= 0);
  frozen_here();
  CHECK(recv(duplicate, back, sizeof back, MSG_WAITALL) == sizeof back, "the stream lacks bytes");
  CHECK_FILLED(back, sizeof back, 5);
  expect(stream[0], "back", 4);
  expect(packets[1], "one", 3), expect(packets[1], "second", 6);
  CHECK(read(packets[1], back, 1) == -1 && errno == EAGAIN, "the flags are lost");
  expect(messages[0], "a", 1), expect(messages[0], "", 0), expect(messages[0], "bc", 2);
  CHECK(getsockopt(messages[0], SOL_SOCKET, SO_RCVBUF, &value, &room) == 0 && value == 2 * size, "SO_RCVBUF is %d", value);
  expect(closed[0], "last", 4), expect(closed[0], "", 0);
  CHECK(send(closed[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "the closed end takes bytes");
  expect(shut[1], "", 0);
  CHECK(send(shut[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "what was shut down is open");
  CHECK(write(shut[1], "y", 1) == 1, "the other direction is shut down too");
  expect(shut[0], "y", 1);
  CHECK(write(stream[1], "new", 3) == 3, "write: %s", strerror(errno));
  expect(stream[0], "new", 3);
  return ok();
}
