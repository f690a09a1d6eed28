// A TCP connection is there, or (frozen with --tcp=close) reset at both its ends; freezing it is refused otherwise.
#include "target.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listening = socket(AF_INET, SOCK_STREAM, 0), caller = socket(AF_INET, SOCK_STREAM, 0);
  char got[8];
  NEED(bind(listening, (struct sockaddr *)&address, length) == 0 && listen(listening, 1) == 0);
  NEED(getsockname(listening, (struct sockaddr *)&address, &length) == 0 && connect(caller, (struct sockaddr *)&address, length) == 0);
  int accepted = accept(listening, NULL, NULL);
  NEED(accepted >= 0 && write(caller, "hello", 5) == 5 && close(listening) == 0);
  frozen_here();
  if (read(accepted, got, 8) == 5) return ok();
  CHECK(errno == ECONNRESET, "read does not tell of the reset: %s", strerror(errno));
  CHECK(read(caller, got, 8) == -1 && errno == ECONNRESET, "the other end does not tell of the reset");
  for (int n = 0; n < 2; n++) {
    int fd = n ? caller : accepted;
    CHECK(read(fd, got, 8) == 0 && send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "there is a connection");
  }
  return ok();
}
