// UNIX sockets that listen, by path and by abstract name, are found again under their names, and datagrams arrive.
#include "target.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int bound(int type, const char *name, struct sockaddr_un *address, socklen_t *length) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  memcpy(address->sun_path, name, strlen(name + 1) + 1);
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name + 1) + 1);
  int fd = socket(AF_UNIX, type, 0);
  NEED(fd >= 0 && bind(fd, (struct sockaddr *)address, *length) == 0);
  return fd;
}

static void meet(int listening, const struct sockaddr_un *address, socklen_t length) {
  int caller = socket(AF_UNIX, SOCK_STREAM, 0);
  char got[8];
  CHECK(connect(caller, (const struct sockaddr *)address, length) == 0, "connect: %s", strerror(errno));
  int accepted = accept(listening, NULL, NULL);
  CHECK(accepted >= 0 && write(caller, "hello", 5) == 5 && read(accepted, got, 8) == 5, "what was accepted hears nothing");
  close(caller), close(accepted);
}

int main(void) {
  struct sockaddr_un path, abstract, inbox;
  socklen_t path_length, abstract_length, inbox_length;
  char name[64], got[8];
  struct stat before, after;
  snprintf(name, sizeof name, "%c" "elfreeze-lab-%d", 0, getpid());
  int by_path = bound(SOCK_STREAM, "socket", &path, &path_length), by_name = bound(SOCK_STREAM, name, &abstract, &abstract_length);
  int messages = bound(SOCK_DGRAM, "inbox", &inbox, &inbox_length), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(listen(by_path, 5) == 0 && listen(by_name, 3) == 0 && fcntl(by_name, F_SETFL, O_NONBLOCK) == 0);
  NEED(connect(sender, (struct sockaddr *)&inbox, inbox_length) == 0 && chmod("socket", 0640) == 0 && stat("socket", &before) == 0);
  frozen_here();
  meet(by_path, &path, path_length), meet(by_name, &abstract, abstract_length);
  CHECK(accept(by_name, NULL, NULL) == -1 && errno == EAGAIN, "the flags are lost");
  CHECK(write(sender, "letter", 6) == 6 && read(messages, got, 8) == 6, "no letter came");
  CHECK(stat("socket", &after) == 0 && after.st_mode == before.st_mode, "the permissions are %o", after.st_mode);
  return ok();
}
