// What was shut down of a UDP or UNIX socket stays so, whether it is connected, bound, listening or none of these.
#include "target.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t internet(int fd, struct sockaddr_storage *address) {
  struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof *address;
  NEED(bind(fd, (struct sockaddr *)&loopback, sizeof loopback) == 0 && getsockname(fd, (struct sockaddr *)address, &length) == 0);
  return length;
}

/* A name that the kernel chooses. */
static socklen_t local(int fd, struct sockaddr_storage *address) {
  struct sockaddr_un nameless = {.sun_family = AF_UNIX};
  socklen_t length = sizeof *address;
  NEED(bind(fd, (struct sockaddr *)&nameless, offsetof(struct sockaddr_un, sun_path)) == 0 && getsockname(fd, (struct sockaddr *)address, &length) == 0);
  return length;
}

/* Two sockets that send to each other, the second of which has `how` shut down. */
static void couple(int family, int how, int pair[2]) {
  struct sockaddr_storage address[2];
  socklen_t length[2];
  for (int n = 0; n < 2; n++) {
    pair[n] = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    length[n] = family == AF_INET ? internet(pair[n], &address[n]) : local(pair[n], &address[n]);
  }
  for (int n = 0; n < 2; n++) NEED(connect(pair[n], (struct sockaddr *)&address[1 - n], length[1 - n]) == 0);
  NEED(shutdown(pair[1], how) == 0);
}

static void check_couple(int family, int how, const int pair[2]) {
  char byte;
  ssize_t sent = send(pair[1], "b", 1, MSG_NOSIGNAL), received = recv(pair[1], &byte, 1, 0);
  CHECK(how == SHUT_RD ? sent == 1 : sent < 0 && errno != EAGAIN, "family %d, shut down %d: sends %zd", family, how, sent);
  CHECK(how == SHUT_WR ? received < 0 : received == 0, "family %d, shut down %d: receives %zd", family, how, received);
}

int main(void) {
  int couples[2][3][2], unbound = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  static const int FAMILIES[] = {AF_INET, AF_UNIX};
  struct sockaddr_storage name;
  char byte;
  for (int n = 0; n < 2; n++)
    for (int how = 0; how < 3; how++) couple(FAMILIES[n], how, couples[n][how]);
  NEED(shutdown(unbound, SHUT_RDWR) == -1 && errno == ENOTCONN); /* and it is done */
  socklen_t length = local(listening, &name);
  NEED(listen(listening, 5) == 0 && shutdown(listening, SHUT_RD) == 0);
  frozen_here();
  for (int n = 0; n < 2; n++)
    for (int how = 0; how < 3; how++) check_couple(FAMILIES[n], how, couples[n][how]);
  CHECK(recv(unbound, &byte, 1, 0) == 0, "the unbound one can receive");
  CHECK(accept(listening, NULL, NULL) == -1 && errno == EINVAL, "connections are accepted: %s", strerror(errno));
  int caller = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK(connect(caller, (struct sockaddr *)&name, length) == -1 && errno == ECONNREFUSED, "connections are taken: %s", strerror(errno));
  return ok();
}
