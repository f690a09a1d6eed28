// Threads that are in the midst of arithmetic, their clocks and their locks, never notice.
#include "threads.h"

enum { THREADS = 3 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t over;
static long rounds;

static void on_signal(int signo) { over = signo; }

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  double last = monotonic();
  here_i_am(number);
  while (!over) {
    double x = 1, now = monotonic();
    for (int n = 1; n <= 50; n++) x *= 1 + 1.0 / (n + number);
    CHECK(x > (51.0 + number) / (1 + number) - 1e-9 && x < (51.0 + number) / (1 + number) + 1e-9, "the product is %f", x);
    CHECK(now >= last, "time went back by %f s", last - now);
    last = now;
    pthread_mutex_lock(&lock), rounds++, pthread_mutex_unlock(&lock);
  }
  return argument;
}

int main(void) {
  pthread_t thread[THREADS];
  signal(SIGUSR1, on_signal);
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  while (__atomic_load_n(&started, __ATOMIC_SEQ_CST) < THREADS) sched_yield();
  ready();
  run((void *)(intptr_t)THREADS);
  for (int n = 0; n < THREADS; n++) join(thread[n], n);
  CHECK(rounds > 0, "no round was made");
  return ok();
}
