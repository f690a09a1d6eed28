// An epoll instance that watches a file under a number that is closed: freezing it is refused.
#include "target.h"
#include <sys/epoll.h>

int main(void) {
  int ends[2], instance = epoll_create1(0);
  NEED(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
  int watched = ends[0], kept = dup(watched);
  struct epoll_event event = {.events = EPOLLIN};
  NEED(instance >= 0 && kept >= 0 && epoll_ctl(instance, EPOLL_CTL_ADD, watched, &event) == 0 && close(watched) == 0);
  frozen_here();
  CHECK(epoll_wait(instance, &event, 1, 0) == 1, "the watch is lost");
  return ok();
}
