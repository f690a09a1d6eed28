// Threads that sleep, poll and wait with a time limit go on for what is left of it, without an error.
#include "threads.h"
#include <poll.h>
#include <sys/select.h>

static int seconds;
static double end_of[5];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  struct timespec time = {seconds, 0}, until;
  int result = -1;
  here_i_am(number);
  switch (number) {
  case 0: result = nanosleep(&time, NULL); break;
  case 1: result = poll(NULL, 0, seconds * 1000); break;
  case 2: clock_gettime(CLOCK_MONOTONIC, &until), until.tv_sec += seconds, result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL); break;
  case 3: result = select(0, NULL, NULL, NULL, &(struct timeval){seconds, 0}); break;
  case 4:
    pthread_mutex_lock(&lock);
    clock_gettime(CLOCK_REALTIME, &until), until.tv_sec += seconds;
    while ((result = pthread_cond_timedwait(&never, &lock, &until)) == 0) {}
    pthread_mutex_unlock(&lock);
    result -= ETIMEDOUT;
    break;
  }
  CHECK(result == 0, "thread %d was interrupted: %d, %s", number, result, strerror(errno));
  end_of[number] = monotonic();
  return argument;
}

int main(int argc, char **argv) {
  NEED(argc == 2);
  seconds = atoi(argv[1]);
  pthread_t thread[5];
  double start = monotonic();
  for (int n = 0; n < 5; n++) begin(&thread[n], run, n);
  wait_until_asleep(5);
  ready();
  for (int n = 0; n < 5; n++) join(thread[n], n);
  for (int n = 0; n < 5; n++) CHECK(end_of[n] - start >= seconds - 0.01, "thread %d slept %f s", n, end_of[n] - start);
  return ok();
}
