// An epoll instance that watches a file under a number that is closed: freezing it is refused.
#include "target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

int main(void) {
  int instance = epoll_create1(0), watched = eventfd(1, 0), kept = dup(watched);
  struct epoll_event event = {.events = EPOLLIN};
  NEED(instance >= 0 && kept >= 0 && epoll_ctl(instance, EPOLL_CTL_ADD, watched, &event) == 0 && close(watched) == 0);
  frozen_here();
  CHECK(epoll_wait(instance, &event, 1, 0) == 1, "the watch is lost");
  return ok();
}
