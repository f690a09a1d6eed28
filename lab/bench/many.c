/* many KIND COUNT: what `npm run bench -- --only scale` freezes. It has so many of something, says `ready`, and waits for the end of
 * its input. It exits 77 where it may not have so many. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, STACK = 16 * 1024 };

static void need(int holds) {
  if (!holds) perror("many"), exit(77);
}

static void raise_limit(int which) {
  struct rlimit limit;
  need(getrlimit(which, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  need(setrlimit(which, &limit) == 0);
}

/* A quarter each: the same file opened again, a duplicate, a device, an eventfd. */
static void files(long count) {
  int first = open("many-data", O_RDWR | O_CREAT, 0600);
  need(first >= 0);
  for (long n = 0; n < count; n++) {
    int fd = n % 4 == 0 ? open("many-data", O_RDONLY) : n % 4 == 1 ? dup(first) : n % 4 == 2 ? open("/dev/null", O_RDWR) : eventfd(n, 0);
    need(fd >= 0);
  }
}

/* Neighbours differ, so that the kernel keeps them apart. */
static void mappings(long count) {
  char *memory = mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(memory != MAP_FAILED);
  for (long n = 0; n < count; n++) memory[n * PAGE] = 1;
  for (long n = 0; n < count; n += 2) need(mprotect(memory + n * PAGE, PAGE, PROT_READ) == 0);
}

static void *wait_forever(void *unused) {
  for (;;) pause();
  return unused;
}

static void threads(long count) {
  pthread_attr_t small;
  pthread_t thread;
  pthread_attr_init(&small);
  need(pthread_attr_setstacksize(&small, STACK) == 0);
  for (long n = 0; n < count; n++) need((errno = pthread_create(&thread, &small, wait_forever, NULL)) == 0);
}

static void signals(long count) {
  sigset_t all;
  sigfillset(&all);
  need(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
  for (long n = 0; n < count; n++) need(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = (int)n}) == 0);
}

static void watches(long count) {
  int epoll = epoll_create1(0);
  for (long n = 0; n < count; n++) {
    struct epoll_event event = {EPOLLIN, {.u64 = (uint64_t)n}};
    int fd = eventfd(0, 0);
    need(fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  }
}

static void timers(long count) {
  struct sigevent quiet = {.sigev_notify = SIGEV_NONE};
  struct itimerspec later = {{0, 0}, {100000, 0}};
  for (long n = 0; n < count; n++) {
    int id;
    need(syscall(SYS_timer_create, CLOCK_MONOTONIC, &quiet, &id) == 0 && syscall(SYS_timer_settime, id, 0, &later, NULL) == 0);
  }
}

static const struct {
  const char *name;
  void (*make)(long count);
} KINDS[] = {{"files", files}, {"mappings", mappings}, {"threads", threads}, {"signals", signals}, {"watches", watches}, {"timers", timers}};

int main(int count, char **words) {
  char byte;
  need(count == 3);
  raise_limit(RLIMIT_NOFILE), raise_limit(RLIMIT_SIGPENDING);
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
    if (strcmp(KINDS[i].name, words[1]) == 0) KINDS[i].make(atol(words[2]));
  puts("ready");
  fflush(stdout);
  while (read(0, &byte, 1) > 0) continue;
  return 0;
}
