/* What targets with threads share: starting them, and waiting until each sleeps where its fact wants it. */
#pragma once
#include "target.h"
#include <pthread.h>

enum { MOST_THREADS = 256 };

/* The kernel's ids of the threads, in the order of their starts. */
static pid_t tid_of[MOST_THREADS];
static volatile int started;

/* The first thing that a thread does. */
static void here_i_am(int number) {
  tid_of[number] = (pid_t)syscall(SYS_gettid);
  __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
}

static void begin(pthread_t *thread, void *(*run)(void *), int number) {
  int error = pthread_create(thread, NULL, run, (void *)(intptr_t)number);
  errno = error;
  NEED(error == 0);
}

/* Until `count` threads have begun, and each sleeps in a system call. */
static void wait_until_asleep(int count) {
  while (__atomic_load_n(&started, __ATOMIC_SEQ_CST) < count) sched_yield();
  for (int n = 0; n < count; n++) {
    char path[64], text[1024], *state;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid_of[n]);
    do {
      sched_yield();
      read_text(path, text, sizeof text);
      state = strrchr(text, ')');
    } while (!state || state[2] != 'S');
  }
}

static void join(pthread_t thread, intptr_t expected) {
  void *result;
  int error = pthread_join(thread, &result);
  CHECK(error == 0, "pthread_join: %s", strerror(error));
  CHECK((intptr_t)result == expected, "a thread gave %d, not %d", (int)(intptr_t)result, (int)expected);
}
