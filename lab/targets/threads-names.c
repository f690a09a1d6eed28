// Each thread keeps its name, nice value, scheduling policy, timer slack and processors.
#include "threads.h"
#include <sched.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include "nice.h"

enum { THREADS = 3, SLACK = 70000 };
static int first_nice;
static sem_t go;

static void *run(void *argument) {
  int number = (int)(intptr_t)argument, nice = nicer_than(2 + number);
  char name[16], now[16];
  cpu_set_t before, after;
  struct sched_param none = {0};
  snprintf(name, sizeof name, "worker %d \xff)", number);
  NEED(prctl(PR_SET_NAME, name) == 0 && prctl(PR_SET_TIMERSLACK, SLACK + number) == 0);
  NEED(setpriority(PRIO_PROCESS, 0, nice) == 0 && syscall(SYS_sched_setscheduler, 0, number ? SCHED_BATCH : SCHED_OTHER, &none) == 0);
  CPU_ZERO(&before);
  CPU_SET(sched_getcpu(), &before);
  NEED(sched_setaffinity(0, sizeof before, &before) == 0);
  here_i_am(number);
  while (sem_wait(&go)) {}
  prctl(PR_GET_NAME, now);
  CHECK(strcmp(name, now) == 0, "the name is %s", now);
  CHECK(prctl(PR_GET_TIMERSLACK) == SLACK + number, "the timer slack is %d", prctl(PR_GET_TIMERSLACK));
  CHECK(getpriority(PRIO_PROCESS, 0) == nice, "the nice value is %d", getpriority(PRIO_PROCESS, 0));
  CHECK(syscall(SYS_sched_getscheduler, 0) == (number ? SCHED_BATCH : SCHED_OTHER), "the policy differs");
  CHECK(sched_getaffinity(0, sizeof after, &after) == 0 && CPU_EQUAL(&before, &after), "it runs on %d processors", CPU_COUNT(&after));
  return argument;
}

int main(void) {
  pthread_t thread[THREADS];
  char name[16];
  first_nice = getpriority(PRIO_PROCESS, 0);
  NEED(sem_init(&go, 0, 0) == 0 && prctl(PR_SET_NAME, "first") == 0);
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  wait_until_asleep(THREADS);
  frozen_here();
  prctl(PR_GET_NAME, name);
  CHECK(strcmp(name, "first") == 0 && getpriority(PRIO_PROCESS, 0) == first_nice, "the first thread is %s", name);
  for (int n = 0; n < THREADS; n++) sem_post(&go);
  for (int n = 0; n < THREADS; n++) join(thread[n], n);
  return ok();
}
