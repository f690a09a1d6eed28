/* For targets whose fact is about one thread: with an argument another one than the first runs them. They define `target`. */
#pragma once
#include "target.h"
#include <pthread.h>

static int target(void);

static void *run_target(void *unused) { return (void)unused, (void *)(intptr_t)target(); }

int main(int argc, char **argv) {
  pthread_t thread;
  void *status;
  (void)argv;
  if (argc == 1) return target();
  NEED(pthread_create(&thread, NULL, run_target, NULL) == 0 && pthread_join(thread, &status) == 0);
  return (int)(intptr_t)status;
}
