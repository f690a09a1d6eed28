// Timer descriptors keep clock, interval, the time that is left, and the expirations that nobody has read.
#include "target.h"
#include <poll.h>
#include <sys/timerfd.h>

static int timer(int clock, int flags, double value, double interval) {
  int fd = timerfd_create(clock, TFD_NONBLOCK);
  struct itimerspec spec = {{(time_t)interval, (long)((interval - (time_t)interval) * 1e9)}, {(time_t)value, (long)((value - (time_t)value) * 1e9)}};
  NEED(fd >= 0 && timerfd_settime(fd, flags, &spec, NULL) == 0);
  return fd;
}

static double left(int fd, double *interval) {
  struct itimerspec spec;
  CHECK(timerfd_gettime(fd, &spec) == 0, "timerfd_gettime: %s", strerror(errno));
  *interval = spec.it_interval.tv_sec + spec.it_interval.tv_nsec / 1e9;
  return spec.it_value.tv_sec + spec.it_value.tv_nsec / 1e9;
}

static int expires(int fd, int milliseconds) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  return poll(&wanted, 1, milliseconds) == 1;
}

int main(void) {
  struct timespec now;
  NEED(clock_gettime(CLOCK_REALTIME, &now) == 0);
  const time_t dates[] = {now.tv_sec + 9000, now.tv_sec + 8000};
  int far = timer(CLOCK_MONOTONIC, 0, 5000, 700.5), soon = timer(CLOCK_BOOTTIME, 0, 0.001, 0);
  int disarmed = timerfd_create(CLOCK_REALTIME, 0), date = timer(CLOCK_REALTIME, TFD_TIMER_ABSTIME, (double)dates[0], 0);
  int new = timer(CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, (double)dates[1], 0);
  NEED(disarmed >= 0 && expires(soon, 10000));
  frozen_here();
  double interval, rest = left(far, &interval);
  CHECK(rest > 4000 && rest <= 5000 && interval == 700.5, "%f s left of 5000, every %f s", rest, interval);
  uint64_t ticks = 0;
  CHECK(read(soon, &ticks, 8) == 8 && ticks == 1, "the expired one tells of %llu expirations", (unsigned long long)ticks);
  CHECK(left(soon, &interval) == 0 && interval == 0, "the expired one is set again");
  CHECK(left(disarmed, &interval) == 0 && interval == 0, "the disarmed one is set");
  for (int n = 0; n < 2; n++) {
    double is_left = left(n ? new : date, &interval);
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0, "no time");
    double is = (double)now.tv_sec + now.tv_nsec / 1e9 + is_left;
    CHECK(is > (double)dates[n] - 1 && is < (double)dates[n] + 1, "the date is %f, was %ld", is, (long)dates[n]);
  }
  return ok();
}
