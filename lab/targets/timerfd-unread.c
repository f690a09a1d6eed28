// A periodic timer descriptor keeps the number of expirations that nobody has read, and ticks on.
#include "target.h"
#include <poll.h>
#include <sys/timerfd.h>

int main(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec spec = {{0, 10000000}, {0, 10000000}};
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  NEED(fd >= 0 && timerfd_settime(fd, 0, &spec, NULL) == 0);
  double began = monotonic();
  usleep(300000);
  frozen_here();
  uint64_t ticks = 0;
  CHECK(read(fd, &ticks, 8) == 8 && ticks >= 30, "%llu expirations are told of 30 or more", (unsigned long long)ticks);
  CHECK(ticks <= (monotonic() - began) * 100 + 1, "%llu expirations are told in %f s", (unsigned long long)ticks, monotonic() - began);
  CHECK(poll(&wanted, 1, 10000) == 1, "it ticks no more");
  return ok();
}
