// A reader-writer lock that the thread holds for writing is free once it is unlocked.
#include "target.h"
#include <pthread.h>

int main(void) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  NEED(pthread_rwlock_wrlock(&lock) == 0);
  frozen_here();
  pthread_rwlock_unlock(&lock);
  int error = pthread_rwlock_tryrdlock(&lock);
  CHECK(error == 0, "locking it again: %s", strerror(error));
  return ok();
}
