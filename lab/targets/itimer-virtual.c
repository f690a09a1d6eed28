// Timers of the process's own time (virtual and profiling) keep interval and remainder, and tick.
#include "target.h"
#include <sys/time.h>

static volatile int ticks[2];
static void on_tick(int signo, siginfo_t *info, void *context) {
  (void)info, (void)context;
  ticks[signo == SIGPROF]++;
}

int main(void) {
  struct itimerval timer = {.it_interval = {.tv_usec = 50000}, .it_value = {.tv_usec = 150000}}, now;
  catch_with(SIGVTALRM, on_tick, 0), catch_with(SIGPROF, on_tick, 0);
  NEED(setitimer(ITIMER_VIRTUAL, &timer, NULL) == 0 && setitimer(ITIMER_PROF, &timer, NULL) == 0);
  frozen_here();
  static const int WHICH[] = {ITIMER_VIRTUAL, ITIMER_PROF};
  for (int n = 0; n < 2; n++) {
    CHECK(getitimer(WHICH[n], &now) == 0 && now.it_interval.tv_usec >= 50000 && now.it_interval.tv_usec <= 60000, "timer %d: interval %ld us", n, (long)now.it_interval.tv_usec);
    CHECK(now.it_value.tv_usec > 50000 && now.it_value.tv_usec <= 160000, "timer %d: %ld us left", n, (long)now.it_value.tv_usec);
  }
  double start = monotonic();
  while (ticks[0] < 3 || ticks[1] < 3)
    CHECK(monotonic() - start < 30, "ticks: %d virtual, %d profiling", ticks[0], ticks[1]);
  return ok();
}
