// Frozen inside a tight loop of clock calls, the clocks go on: never backwards, and all telling the same time.
#include "spin.h"
#include <sys/sysinfo.h>
#include <sys/time.h>

static double wall(void) {
  struct timeval now;
  gettimeofday(&now, NULL);
  return now.tv_sec + now.tv_usec / 1e6;
}

int main(void) {
  double last = monotonic();
  int announced = 0;
  end_spin_by_usr1();
  for (unsigned long rounds = 0; !spin_over; rounds++) {
    double now = monotonic();
    CHECK(now >= last, "monotonic time went back by %.6f s", last - now);
    last = now;
    struct timespec raw, coarse;
    CHECK(clock_gettime(CLOCK_MONOTONIC_RAW, &raw) == 0 && clock_gettime(CLOCK_REALTIME_COARSE, &coarse) == 0, "clock_gettime fails");
    if (rounds == 10000 && !announced) announced = 1, ready();
  }
  struct timespec real, resolution;
  CHECK(clock_gettime(CLOCK_REALTIME, &real) == 0, "clock_gettime: %s", strerror(errno));
  double difference = wall() - (real.tv_sec + real.tv_nsec / 1e9);
  CHECK(difference > -0.5 && difference < 5, "gettimeofday and clock_gettime are %.3f s apart", difference);
  // time(2) may tell the time of the last tick, as CLOCK_REALTIME_COARSE does: just after a full second that is still the one before.
  struct timespec least, most;
  CHECK(clock_gettime(CLOCK_REALTIME_COARSE, &least) == 0, "clock_gettime: %s", strerror(errno));
  time_t seconds = time(NULL);
  CHECK(clock_gettime(CLOCK_REALTIME, &most) == 0, "clock_gettime: %s", strerror(errno));
  CHECK(seconds >= least.tv_sec && seconds <= most.tv_sec, "time is %ld, clock_gettime %ld before and %ld after", (long)seconds, (long)least.tv_sec, (long)most.tv_sec);
  CHECK(real.tv_sec - least.tv_sec <= 1 && most.tv_sec - real.tv_sec <= 5, "clock_gettime is %ld, %ld and %ld", (long)least.tv_sec, (long)real.tv_sec, (long)most.tv_sec);
  struct sysinfo uptime;  // asks the kernel, by system call, for the time since boot
  struct timespec boot;
  CHECK(sysinfo(&uptime) == 0 && clock_gettime(CLOCK_BOOTTIME, &boot) == 0, "sysinfo: %s", strerror(errno));
  CHECK(labs((long)(uptime.uptime - boot.tv_sec)) <= 5, "the vdso and the kernel are %ld s apart", (long)(uptime.uptime - boot.tv_sec));
  CHECK(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_sec == 0, "clock_getres fails");
  return ok();
}
