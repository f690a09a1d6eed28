// Mutexes that record their owner's id (recursive, error-checking, priority-inheriting) stay their owner's, whichever thread it is.
#include "threads.h"
#include <semaphore.h>

static sem_t go, given_back;

struct owned {
  pthread_mutex_t recursive, checking, inheriting;
};

static void own(struct owned *all) {
  pthread_mutexattr_t kind;
  NEED(pthread_mutexattr_init(&kind) == 0 && pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE) == 0);
  NEED(pthread_mutex_init(&all->recursive, &kind) == 0);
  NEED(pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK) == 0 && pthread_mutex_init(&all->checking, &kind) == 0);
  NEED(pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT) == 0 && pthread_mutex_init(&all->inheriting, &kind) == 0);
  for (int n = 0; n < 3; n++) NEED(pthread_mutex_lock(&all->recursive) == 0);
  NEED(pthread_mutex_lock(&all->checking) == 0 && pthread_mutex_lock(&all->inheriting) == 0);
}

static void check_owned(struct owned *all) {
  CHECK(pthread_mutex_lock(&all->checking) == EDEADLK, "an error-checking mutex is not known to be ours");
  CHECK(pthread_mutex_trylock(&all->recursive) == 0, "a recursive mutex is not ours");
  for (int n = 0; n < 4; n++) CHECK(pthread_mutex_unlock(&all->recursive) == 0, "unlocking the recursive mutex, %d", n);
  CHECK(pthread_mutex_unlock(&all->recursive) == EPERM, "the recursive mutex was locked more than four times");
  CHECK(pthread_mutex_unlock(&all->checking) == 0, "unlocking the error-checking mutex");
  CHECK(pthread_mutex_unlock(&all->inheriting) == 0, "unlocking the priority-inheriting mutex");
}

static struct owned first, second;

static void *run(void *argument) {
  own(&second);
  here_i_am(0);
  while (sem_wait(&go)) {}
  check_owned(&second);
  // These are the first thread's.
  CHECK(pthread_mutex_trylock(&first.recursive) == EBUSY, "another's recursive mutex could be locked");
  CHECK(pthread_mutex_unlock(&first.checking) == EPERM, "another's error-checking mutex could be unlocked");
  sem_post(&given_back);
  CHECK(pthread_mutex_lock(&first.inheriting) == 0, "waiting for another's priority-inheriting mutex");
  return argument;
}

int main(void) {
  pthread_t thread;
  NEED(sem_init(&go, 0, 0) == 0 && sem_init(&given_back, 0, 0) == 0);
  own(&first);
  begin(&thread, run, 0);
  wait_until_asleep(1);
  frozen_here();
  sem_post(&go);
  // It has given its own back, and comes to wait for ours.
  while (sem_wait(&given_back)) {}
  check_owned(&first);
  join(thread, 0);
  return ok();
}
