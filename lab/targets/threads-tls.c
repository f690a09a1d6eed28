// Thread-local variables of each thread keep values and addresses, keys with destructors and errno too.
#include "threads.h"

enum { THREADS = 4 };
static __thread int initialised = 7;
static __thread char zeroed[200];
static pthread_key_t key;
static pthread_mutex_t go = PTHREAD_MUTEX_INITIALIZER;
static int destroyed;

static void destroy(void *value) { __atomic_add_fetch(&destroyed, (int)(intptr_t)value, __ATOMIC_SEQ_CST); }

static void *run(void *argument) {
  int number = (int)(intptr_t)argument;
  int *address = &initialised, *error = &errno;
  initialised += number;
  fill(zeroed, sizeof zeroed, (unsigned)number);
  NEED(pthread_setspecific(key, (void *)(intptr_t)(number + 1)) == 0);
  here_i_am(number);
  errno = 100 + number;
  pthread_mutex_lock(&go), pthread_mutex_unlock(&go);
  CHECK(errno == 100 + number && error == &errno, "errno is %d", errno);
  CHECK(address == &initialised && initialised == 7 + number, "it is %d", initialised);
  CHECK_FILLED(zeroed, sizeof zeroed, (unsigned)number);
  CHECK(pthread_getspecific(key) == (void *)(intptr_t)(number + 1), "the key has another value");
  return argument;
}

int main(void) {
  pthread_t thread[THREADS];
  NEED(pthread_mutex_lock(&go) == 0 && pthread_key_create(&key, destroy) == 0);
  for (int n = 0; n < THREADS; n++) begin(&thread[n], run, n);
  wait_until_asleep(THREADS);
  frozen_here();
  pthread_mutex_unlock(&go);
  for (int n = 0; n < THREADS; n++) join(thread[n], n);
  CHECK(initialised == 7 && destroyed == 1 + 2 + 3 + 4, "%d, %d", initialised, destroyed);
  return ok();
}
