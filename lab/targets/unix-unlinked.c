// UNIX sockets whose files were removed keep their addresses, leave no file behind, and still get what was connected to them.
#include "target.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int bound(int type, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, type, 0);
  NEED(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
  return fd;
}

static int is_at(int fd, const char *path) {
  struct sockaddr_un address = {0};
  socklen_t length = sizeof address;
  return getsockname(fd, (struct sockaddr *)&address, &length) == 0 && strcmp(address.sun_path, path) == 0;
}

int main(void) {
  struct sockaddr_un inbox = {.sun_family = AF_UNIX, .sun_path = "inbox"};
  char got[8];
  int listening = bound(SOCK_STREAM, "listening"), messages = bound(SOCK_DGRAM, "inbox"), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(listen(listening, 5) == 0 && connect(sender, (struct sockaddr *)&inbox, sizeof inbox) == 0);
  NEED(unlink("listening") == 0 && unlink("inbox") == 0);
  frozen_here();
  CHECK(is_at(listening, "listening") && is_at(messages, "inbox"), "the addresses are others");
  CHECK(access("listening", F_OK) == -1 && access("inbox", F_OK) == -1, "there are files");
  CHECK(write(sender, "letter", 6) == 6 && read(messages, got, 8) == 6, "no letter came");
  return ok();
}
