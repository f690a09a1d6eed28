// POSIX timers for single threads (SIGEV_THREAD_ID) signal those threads, and the first one too.
#include "threads.h"
#include <semaphore.h>
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { THREADS = 4 };
static sem_t go;
static timer_t timer[THREADS];
static volatile int got[THREADS];
static __thread int number;

static void on_timer(int signo, siginfo_t *info, void *context) {
  CHECK(info->si_code == SI_TIMER && info->si_value.sival_int == number, "thread %d got the signal of timer %d", number, info->si_value.sival_int);
  got[number]++;
}

static void set_up(int own) {
  number = own;
  tid_of[own] = (pid_t)syscall(SYS_gettid);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = own};
  event.sigev_notify_thread_id = tid_of[own];
  struct itimerspec far = {.it_value = {7000, 0}};
  NEED(timer_create(CLOCK_MONOTONIC, &event, &timer[own]) == 0 && timer_settime(timer[own], 0, &far, NULL) == 0);
}

static void expire(void) {
  struct itimerspec soon = {.it_value = {0, 1000000}, .it_interval = {0, 1000000}};
  CHECK(timer_settime(timer[number], 0, &soon, NULL) == 0, "timer_settime: %s", strerror(errno));
  while (got[number] < 3) sched_yield();
}

static void *run(void *argument) {
  set_up((int)(intptr_t)argument);
  here_i_am(number);
  while (sem_wait(&go)) {}
  expire();
  return argument;
}

int main(void) {
  pthread_t thread[THREADS];
  NEED(sem_init(&go, 0, 0) == 0);
  catch_with(SIGRTMIN, on_timer, SA_RESTART);
  set_up(THREADS - 1);
  for (int n = 0; n < THREADS - 1; n++) begin(&thread[n], run, n);
  wait_until_asleep(THREADS - 1);
  frozen_here();
  for (int n = 0; n < THREADS - 1; n++) sem_post(&go);
  expire();
  for (int n = 0; n < THREADS - 1; n++) join(thread[n], n);
  return ok();
}
