// A POSIX timer that calls a function in a thread (SIGEV_THREAD) does so again and again; with an argument, so does a new one.
#include "threads.h"
#include <semaphore.h>

static sem_t called;

static void on_timer(union sigval value) {
  CHECK(value.sival_ptr == &called, "the value is %p, not %p", value.sival_ptr, (void *)&called);
  sem_post(&called);
}

int main(int argc, char **argv) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer, .sigev_value.sival_ptr = &called};
  struct itimerspec far = {.it_value = {7000, 0}}, soon = {.it_value = {0, 2000000}, .it_interval = {0, 2000000}}, now;
  NEED(sem_init(&called, 0, 0) == 0 && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &far, NULL) == 0);
  // The thread that waits for the timer, of the C library: until it does.
  char text[512];
  read_text("/proc/self/timers", text, sizeof text);
  char *tid = strstr(text, "tid.");
  NEED(tid != NULL);
  here_i_am(0), tid_of[0] = atoi(tid + 4);
  wait_until_asleep(1);
  frozen_here();
  CHECK(timer_gettime(timer, &now) == 0 && now.it_value.tv_sec > 6000, "%ld s left of 7000", (long)now.it_value.tv_sec);
  if (argc > 1) CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create: %s", strerror(errno));
  CHECK(timer_settime(timer, 0, &soon, NULL) == 0, "timer_settime: %s", strerror(errno));
  for (int n = 0; n < 5; n++)
    while (sem_wait(&called)) {}
  timer_delete(timer);
  return ok();
}
