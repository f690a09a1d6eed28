// Detached threads end after the restore, and the stacks that they leave can be used by new ones.
#include "threads.h"
#include <semaphore.h>

enum { THREADS = 4 };
static sem_t go, ended;

static void *run(void *argument) {
  here_i_am((int)(intptr_t)argument);
  while (sem_wait(&go)) {}
  sem_post(&ended);
  return NULL;
}

static void *short_lived(void *argument) { return argument; }

int main(void) {
  pthread_t thread;
  NEED(sem_init(&go, 0, 0) == 0 && sem_init(&ended, 0, 0) == 0);
  for (int n = 0; n < THREADS; n++) begin(&thread, run, n), pthread_detach(thread);
  wait_until_asleep(THREADS);
  frozen_here();
  for (int n = 0; n < THREADS; n++) sem_post(&go);
  for (int n = 0; n < THREADS; n++) while (sem_wait(&ended)) {}
  for (int n = 0; n < 50; n++) {
    int error = pthread_create(&thread, NULL, short_lived, (void *)(intptr_t)n);
    CHECK(error == 0, "pthread_create: %s", strerror(error));
    join(thread, n);
  }
  return ok();
}
