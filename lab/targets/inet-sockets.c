// TCP sockets listen on where they listened, UDP sockets are bound and connected as they were, options included, v4 and v6.
#include "target.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

union address {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
};

static int bound(int family, int type, union address *address) {
  socklen_t length = sizeof *address;
  int fd = socket(family, type, 0);
  memset(address, 0, sizeof *address);
  if (family == AF_INET) address->in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  else address->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
  NEED(fd >= 0 && bind(fd, &address->any, family == AF_INET ? sizeof address->in : sizeof address->in6) == 0);
  NEED(getsockname(fd, &address->any, &length) == 0);
  return fd;
}

static int number(int fd, int level, int option) {
  int value = -1;
  socklen_t room = sizeof value;
  CHECK(getsockopt(fd, level, option, &value, &room) == 0, "option %d: %s", option, strerror(errno));
  return value;
}

static void set(int fd, int level, int option, int value) { NEED(setsockopt(fd, level, option, &value, sizeof value) == 0); }

static void meet(int listening, union address address) {
  char got[8];
  int caller = socket(AF_INET, SOCK_STREAM, 0);
  if (address.any.sa_family == AF_INET6)
    address.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = address.in6.sin6_port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  CHECK(connect(caller, &address.any, sizeof address.in) == 0, "connect: %s", strerror(errno));
  int accepted = accept(listening, NULL, NULL);
  CHECK(accepted >= 0 && write(caller, "hello", 5) == 5 && read(accepted, got, 8) == 5, "what was accepted hears nothing");
  struct linger reset = {1, 0};
  setsockopt(accepted, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(accepted), close(caller);
}

int main(void) {
  union address tcp_address, tcp6_address, udp_address, sender_address, now;
  int tcp = bound(AF_INET, SOCK_STREAM, &tcp_address), tcp6 = bound(AF_INET6, SOCK_STREAM, &tcp6_address);
  int udp = bound(AF_INET, SOCK_DGRAM, &udp_address), sender = bound(AF_INET, SOCK_DGRAM, &sender_address), fresh = socket(AF_INET, SOCK_STREAM, 0);
  char got[8];
  NEED(connect(sender, &udp_address.any, sizeof udp_address.in) == 0 && fcntl(udp, F_SETFL, O_NONBLOCK) == 0);
  set(tcp, SOL_SOCKET, SO_REUSEADDR, 1), set(tcp, IPPROTO_TCP, TCP_NODELAY, 1), set(tcp, IPPROTO_TCP, TCP_KEEPIDLE, 77);
  set(tcp, SOL_SOCKET, SO_RCVBUF, 50000), set(udp, SOL_SOCKET, SO_BROADCAST, 1), set(udp, IPPROTO_IP, IP_TTL, 33);
  NEED(listen(tcp, 9) == 0 && listen(tcp6, 9) == 0 && fresh >= 0);
  frozen_here();
  meet(tcp, tcp_address), meet(tcp6, tcp6_address);
  CHECK(number(tcp, SOL_SOCKET, SO_REUSEADDR) == 1 && number(tcp6, SOL_SOCKET, SO_REUSEADDR) == 0, "SO_REUSEADDR is another");
  CHECK(number(tcp, IPPROTO_TCP, TCP_NODELAY) == 1 && number(tcp, IPPROTO_TCP, TCP_KEEPIDLE) == 77, "TCP options are lost");
  CHECK(number(tcp, SOL_SOCKET, SO_RCVBUF) == 100000, "SO_RCVBUF is %d", number(tcp, SOL_SOCKET, SO_RCVBUF));
  CHECK(number(udp, SOL_SOCKET, SO_BROADCAST) == 1 && number(udp, IPPROTO_IP, IP_TTL) == 33, "UDP options are lost");
  CHECK(read(udp, got, 8) == -1 && errno == EAGAIN, "the flags are lost");
  CHECK(write(sender, "hello", 5) == 5, "write: %s", strerror(errno));
  CHECK(fcntl(udp, F_SETFL, 0) == 0 && read(udp, got, 8) == 5, "no datagram came");
  socklen_t length = sizeof now;
  CHECK(getsockname(sender, &now.any, &length) == 0 && now.in.sin_port == sender_address.in.sin_port, "the sender has another port");
  CHECK(connect(fresh, &tcp_address.any, sizeof tcp_address.in) == 0, "the unconnected one cannot connect: %s", strerror(errno));
  return ok();
}
