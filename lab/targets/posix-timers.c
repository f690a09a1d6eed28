// POSIX timers of every clock keep their ids, clocks, intervals and what is left.
#include "target.h"

enum { CLOCKS = 6 };
static const clockid_t CLOCK[CLOCKS] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};

int main(void) {
  timer_t timer[CLOCKS], gone, off;
  struct itimerspec now;
  for (int n = 0; n < CLOCKS; n++) {
    struct sigevent event = {.sigev_notify = n % 2 ? SIGEV_NONE : SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + n, .sigev_value.sival_int = n};
    struct itimerspec spec = {.it_interval = {n + 1, 8000000}, .it_value = {5000 + n, 0}};
    NEED(timer_create(CLOCK_MONOTONIC, &event, &gone) == 0);  // so that ids are left out
    NEED(timer_create(CLOCK[n], &event, &timer[n]) == 0 && timer_settime(timer[n], 0, &spec, NULL) == 0 && timer_delete(gone) == 0);
  }
  NEED(timer_create(CLOCK_MONOTONIC, NULL, &off) == 0);
  frozen_here();
  for (int n = 0; n < CLOCKS; n++) {
    CHECK(timer_gettime(timer[n], &now) == 0, "timer_gettime of clock %d: %s", CLOCK[n], strerror(errno));
    CHECK(now.it_interval.tv_sec == n + 1 && now.it_interval.tv_nsec == 8000000, "clock %d: every %ld.%09ld s", CLOCK[n], (long)now.it_interval.tv_sec, now.it_interval.tv_nsec);
    // Timers of CPU time are set a tick longer than asked for.
    CHECK(now.it_value.tv_sec > 4000 && now.it_value.tv_sec <= 5000 + n, "clock %d: %ld s left of %d", CLOCK[n], (long)now.it_value.tv_sec, 5000 + n);
    CHECK(timer_delete(timer[n]) == 0, "timer_delete: %s", strerror(errno));
  }
  CHECK(timer_gettime(off, &now) == 0 && now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0, "the one that was off is set");
  return ok();
}
