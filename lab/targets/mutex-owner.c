// A mutex that the thread holds is still its own: it may lock it again (recursive), and unlock it (error-checking).
#include "target.h"
#include <pthread.h>

int main(void) {
  pthread_mutex_t recursive, checking;
  pthread_mutexattr_t kind;
  NEED(pthread_mutexattr_init(&kind) == 0 && pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE) == 0);
  NEED(pthread_mutex_init(&recursive, &kind) == 0 && pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK) == 0);
  NEED(pthread_mutex_init(&checking, &kind) == 0 && pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&checking) == 0);
  frozen_here();
  int error = pthread_mutex_trylock(&recursive);
  CHECK(error == 0, "locking the recursive one again: %s", strerror(error));
  CHECK(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == 0, "unlocking the recursive one");
  error = pthread_mutex_unlock(&checking);
  CHECK(error == 0, "unlocking the error-checking one: %s", strerror(error));
  return ok();
}
