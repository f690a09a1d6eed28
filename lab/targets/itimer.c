// A periodic real-time timer goes on ticking while and after the process is frozen.
#include "target.h"
#include <sys/time.h>

static volatile int ticks;
static void on_tick(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  ticks++;
}

int main(void) {
  struct itimerval timer = {.it_interval = {.tv_usec = 20000}, .it_value = {.tv_usec = 20000}}, now;
  catch_with(SIGALRM, on_tick, SA_RESTART);
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  while (ticks < 3) pause();
  frozen_here();
  CHECK(getitimer(ITIMER_REAL, &now) == 0 && now.it_interval.tv_sec == 0, "getitimer: %s", strerror(errno));
  // The kernel may round an interval up to its tick.
  CHECK(now.it_interval.tv_usec >= 20000 && now.it_interval.tv_usec <= 24000, "interval is %ld us", (long)now.it_interval.tv_usec);
  int before = ticks;
  double start = monotonic();
  while (ticks < before + 5) pause();
  CHECK(monotonic() - start >= 0.06, "five ticks in %.3f s", monotonic() - start);
  return ok();
}
