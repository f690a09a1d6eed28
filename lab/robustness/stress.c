/* stress all NAME: 200 threads that start others, wait for their ends, and contend for a mutex, a condition variable and a semaphore, until
 * SIGUSR2. No wait may fail, and nothing that was counted may be lost. SIGUSR1: `line N`, once every thread has done something more. */
#include "../targets/target.h"
#include <pthread.h>
#include <semaphore.h>
#include <sys/prctl.h>

enum { THREADS = 200, TOKENS = 20, STACK = 65536 };

static volatile sig_atomic_t poked, over;
static volatile int ends;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_attr_t small;
static sem_t tokens;
static long total, own[THREADS];

static void on_poke(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, poked++; }
static void on_over(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, over = 1; }

/* @param number of the thread; the lock is held */
static void count(int number) {
  own[number]++;
  if (++total % 64 == 0) pthread_cond_broadcast(&changed);
}

static void *count_once(void *argument) {
  pthread_mutex_lock(&lock);
  count((int)(intptr_t)argument);
  pthread_mutex_unlock(&lock);
  return argument;
}

static void start_another(void *argument) {
  pthread_t id;
  void *result;
  int error = pthread_create(&id, &small, count_once, argument);
  CHECK(error == 0, "pthread_create: %s", strerror(error));
  error = pthread_join(id, &result);
  CHECK(error == 0 && result == argument, "pthread_join: %s, %p", strerror(error), result);
}

static void wait_for_change(int number) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  until.tv_sec += until.tv_nsec / 1000000000, until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&lock);
  int error = pthread_cond_timedwait(&changed, &lock, &until);
  CHECK(error == 0 || error == ETIMEDOUT, "pthread_cond_timedwait: %s", strerror(error));
  count(number);
  pthread_mutex_unlock(&lock);
}

/* All signals are blocked in all threads but the first: nothing may interrupt them. */
static void sleep_with_token(void) {
  struct timespec some = {0, 5000000};
  CHECK(sem_wait(&tokens) == 0, "sem_wait: %s", strerror(errno));
  CHECK(nanosleep(&some, NULL) == 0, "nanosleep: %s", strerror(errno));
  CHECK(sem_post(&tokens) == 0, "sem_post: %s", strerror(errno));
}

static void *work(void *argument) {
  int number = (int)(intptr_t)argument;
  for (int turn = number; !ends; turn++) {
    if (turn % 4 == 0) count_once(argument);
    else if (turn % 4 == 1) start_another(argument);
    else if (turn % 4 == 2) wait_for_change(number);
    else sleep_with_token();
  }
  return argument;
}

static void wait_for_all(void) {
  for (int n = 0; n < THREADS; n++) {
    pthread_mutex_lock(&lock);
    for (long before = own[n]; own[n] == before;) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
  }
}

int main(int argc, char **argv) {
  pthread_t thread[THREADS];
  sigset_t all, none;
  NEED(argc == 3 && prctl(PR_SET_NAME, argv[2]) == 0);
  catch_with(SIGUSR1, on_poke, 0);
  catch_with(SIGUSR2, on_over, 0);
  sigemptyset(&none), sigfillset(&all), sigprocmask(SIG_SETMASK, &all, NULL);
  NEED(sem_init(&tokens, 0, TOKENS) == 0 && pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, STACK) == 0);
  for (int n = 0; n < THREADS; n++) NEED(pthread_create(&thread[n], &small, work, (void *)(intptr_t)n) == 0);
  ready();
  for (int line = 0; !over; line++) {
    CHECK(sigsuspend(&none) == -1 && errno == EINTR, "sigsuspend returned");
    CHECK(over || poked == line + 1, "%d signals after %d", poked, line);
    char text[32];
    if (over) break;
    wait_for_all();
    snprintf(text, sizeof text, "line %d\n", line);
    say(text);
  }
  ends = 1;
  long sum = 0;
  for (int n = 0; n < THREADS; n++) {
    void *result;
    CHECK(pthread_join(thread[n], &result) == 0 && result == (void *)(intptr_t)n, "thread %d gave %p", n, result);
    sum += own[n];
  }
  CHECK(sum == total, "%ld were counted, the threads counted %ld", total, sum);
  return ok();
}
