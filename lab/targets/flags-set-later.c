// Flags that fcntl gave to what was made without any are kept: eventfd, signalfd, timerfd, epoll, inotify, sockets, a FIFO.
#include "target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum { COUNT = 8 };

int main(void) {
  sigset_t none;
  sigemptyset(&none);
  NEED(mkfifo("fifo", 0600) == 0);
  int fds[2 * COUNT], n = 0;
  for (int turn = 0; turn < 2; turn++) {
    fds[n++] = eventfd(1, 0);
    fds[n++] = signalfd(-1, &none, 0);
    fds[n++] = timerfd_create(CLOCK_MONOTONIC, 0);
    fds[n++] = epoll_create1(0);
    fds[n++] = inotify_init();
    fds[n++] = socket(AF_INET, SOCK_DGRAM, 0);
    fds[n++] = socket(AF_UNIX, SOCK_DGRAM, 0);
    fds[n++] = open("fifo", O_RDWR);
  }
  int wanted[2 * COUNT];
  for (int i = 0; i < n; i++) {
    NEED(fds[i] >= 0);
    int is_fifo = i % COUNT == COUNT - 1;
    NEED(fcntl(fds[i], F_SETFL, i < COUNT ? O_APPEND | (is_fifo ? O_DIRECT : 0) : O_NONBLOCK) == 0);
    wanted[i] = fcntl(fds[i], F_GETFL);
  }
  frozen_here();
  for (int i = 0; i < n; i++) {
    int found = fcntl(fds[i], F_GETFL);
    CHECK(found == wanted[i], "flags %o of descriptor %d, were %o", found, fds[i], wanted[i]);
  }
  return ok();
}
