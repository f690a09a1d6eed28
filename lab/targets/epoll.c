// An epoll instance watches what it watched: level and edge triggered, one-shot, disabled, exclusive, and itself watched by another.
#include "target.h"
#include <sys/epoll.h>

static void watch(int instance, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  NEED(epoll_ctl(instance, EPOLL_CTL_ADD, fd, &event) == 0);
}

/* @return how many are ready; `data` of the only one */
static int ready_now(int instance, uint64_t *data) {
  struct epoll_event events[8];
  int count = epoll_wait(instance, events, 8, 0);
  CHECK(count >= 0, "epoll_wait: %s", strerror(errno));
  if (count == 1) *data = events[0].data.u64;
  return count;
}

enum { LEVEL, EDGE, ONCE, FIRED, EXCLUSIVE, COUNT };

#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1u << 28)
#endif
static int fds[COUNT], sources[COUNT];

static void poke(int which) { CHECK(write(sources[which], "x", 1) == 1, "write: %s", strerror(errno)); }

static void drain(int which) {
  char got;
  CHECK(read(fds[which], &got, 1) == 1, "read: %s", strerror(errno));
}

int main(void) {
  int instance = epoll_create1(EPOLL_CLOEXEC), outer = epoll_create1(0);
  uint64_t data = 0;
  for (int n = 0; n < COUNT; n++) {
    int ends[2];
    NEED(pipe(ends) == 0);
    fds[n] = ends[0], sources[n] = ends[1];
  }
  NEED(instance >= 0 && outer >= 0);
  watch(instance, fds[LEVEL], EPOLLIN, UINT64_C(0x1122334455667788));
  watch(instance, fds[EDGE], EPOLLIN | EPOLLET, 2);
  watch(instance, fds[ONCE], EPOLLIN | EPOLLONESHOT, 3);
  watch(instance, fds[FIRED], EPOLLIN | EPOLLONESHOT, 4);
  watch(instance, fds[EXCLUSIVE], EPOLLIN | EPOLLEXCLUSIVE, 7);
  watch(outer, instance, EPOLLIN, 5);
  poke(FIRED);
  NEED(ready_now(instance, &data) == 1 && data == 4);
  poke(LEVEL);
  frozen_here();
  CHECK(ready_now(outer, &data) == 1 && data == 5, "the outer one does not tell of the inner one");
  CHECK(ready_now(instance, &data) == 1 && data == UINT64_C(0x1122334455667788), "what was ready is not, or more is");
  drain(LEVEL);
  CHECK(ready_now(instance, &data) == 0 && ready_now(outer, &data) == 0, "something is ready that was read");
  poke(EDGE);
  CHECK(ready_now(instance, &data) == 1 && data == 2, "the edge is not told");
  CHECK(ready_now(instance, &data) == 0, "the edge is told twice");
  poke(ONCE);
  CHECK(ready_now(instance, &data) == 1 && data == 3, "the one-shot does not fire");
  poke(ONCE);
  CHECK(ready_now(instance, &data) == 0, "the one-shot fires twice");
  poke(EXCLUSIVE);
  CHECK(ready_now(instance, &data) == 1 && data == 7, "the exclusive one is not told");
  drain(EXCLUSIVE);
  struct epoll_event again = {.events = EPOLLIN, .data.u64 = 6};
  CHECK(epoll_ctl(instance, EPOLL_CTL_MOD, fds[FIRED], &again) == 0 && ready_now(instance, &data) == 1 && data == 6, "the one that had fired is lost");
  CHECK(epoll_ctl(instance, EPOLL_CTL_MOD, fds[EXCLUSIVE], &again) == -1 && errno == EINVAL, "the exclusive one is like others");
  return ok();
}
