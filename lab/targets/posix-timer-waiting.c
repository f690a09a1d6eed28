// Signals of POSIX timers that wait blocked are there once, with timer and value; periodic timers count what they miss and go on.
#include "target.h"

enum { ONCE = 71, AGAIN = 72 };

static timer_t timer(int signo, int value, long interval) {
  timer_t made;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signo, .sigev_value.sival_int = value};
  struct itimerspec spec = {.it_interval = {0, interval}, .it_value = {0, 1000000}};
  NEED(timer_create(CLOCK_MONOTONIC, &event, &made) == 0 && timer_settime(made, 0, &spec, NULL) == 0);
  return made;
}

static void wait_for(int signo) {
  sigset_t pending;
  do NEED(sigpending(&pending) == 0);
  while (!sigismember(&pending, signo));
}

/* @return how often the timer had run out besides */
static int take(int signo, int value) {
  sigset_t one;
  siginfo_t info;
  struct timespec most = {20, 0};
  sigemptyset(&one), sigaddset(&one, signo);
  CHECK(sigtimedwait(&one, &info, &most) == signo, "signal %d does not come: %s", signo, strerror(errno));
  CHECK(info.si_code == SI_TIMER && info.si_value.sival_int == value, "signal %d: code %d, value %d", signo, info.si_code, info.si_value.sival_int);
  return info.si_overrun;
}

int main(void) {
  sigset_t blocked, pending;
  sigemptyset(&blocked), sigaddset(&blocked, SIGRTMIN), sigaddset(&blocked, SIGRTMIN + 1);
  NEED(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0);
  timer_t once = timer(SIGRTMIN, ONCE, 0);
  wait_for(SIGRTMIN);
  timer_t again = timer(SIGRTMIN + 1, AGAIN, 4000000);
  wait_for(SIGRTMIN + 1);
  frozen_here();
  CHECK(take(SIGRTMIN, ONCE) == 0, "the timer that runs out once did so more often");
  CHECK(sigpending(&pending) == 0 && !sigismember(&pending, SIGRTMIN), "the signal came twice");
  struct timespec some = {0, 50000000};
  while (nanosleep(&some, &some)) {}
  int missed = take(SIGRTMIN + 1, AGAIN);
  CHECK(missed >= 10, "in 50 ms a timer of 4 ms missed %d", missed);
  CHECK(timer_getoverrun(again) == missed, "timer_getoverrun says %d, the signal %d", timer_getoverrun(again), missed);
  take(SIGRTMIN + 1, AGAIN);
  struct itimerspec soon = {.it_value = {0, 1000000}};
  CHECK(timer_settime(once, 0, &soon, NULL) == 0, "timer_settime: %s", strerror(errno));
  take(SIGRTMIN, ONCE);
  return ok();
}
