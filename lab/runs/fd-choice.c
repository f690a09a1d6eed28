// Says where descriptors 10 to 14 lead, which were of a kind that no image carries, and that an epoll instance watches.
#include "../targets/target.h"
#include <sys/epoll.h>

int main(void) {
  int instance = epoll_create1(0), made = (int)syscall(SYS_pidfd_open, getpid(), 0);
  struct epoll_event event = {.events = EPOLLIN};
  NEED(instance >= 0 && made >= 0);
  for (int fd = 10; fd <= 14; fd++) NEED(dup2(made, fd) == fd && epoll_ctl(instance, EPOLL_CTL_ADD, fd, &event) == 0);
  close(made);
  frozen_here();
  for (int fd = 10; fd <= 14; fd++) {
    char name[32], link[256], text[320];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, link, sizeof link - 1);
    snprintf(text, sizeof text, "%d %.*s\n", fd, length < 0 ? 6 : (int)length, length < 0 ? "closed" : link);
    say(text);
  }
  CHECK(epoll_wait(instance, &event, 1, 0) == 0, "the epoll instance watches on");
  return ok();
}
