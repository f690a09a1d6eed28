/* What every target shares: the protocol, and nothing about any one fact. Output goes by write(2), so that a target
 * whose fact is memory owns its heap. Protocol: `ready`, wait or work, then `ok` (0) or `differs: …` (1).
 * 77 = this host cannot set the fact up. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define PAGE ((size_t)4096)

static void say(const char *text) {
  size_t length = strlen(text);
  if (write(1, text, length) != (ssize_t)length) _exit(76);
}

__attribute__((noreturn, format(printf, 2, 3))) static void stop(int status, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  say(text);
  _exit(status);
}

/* The fact holds, or the target says what differs. */
#define CHECK(condition, format, ...) \
  do { if (!(condition)) stop(1, "differs: line %d: " format "\n", __LINE__, ##__VA_ARGS__); } while (0)
/* A step of the set-up works, or this host is not fit for the target. */
#define NEED(condition) \
  do { if (!(condition)) stop(77, "infra: line %d: %s: %s\n", __LINE__, #condition, strerror(errno)); } while (0)

static void ready(void) { say("ready\n"); }

/* Blocks in read(2) until the lab writes a line, or closes the other end. */
static void wait_for_go(void) {
  char line[16];
  ssize_t length = read(0, line, sizeof line);
  CHECK(length >= 0, "read of stdin: %s", strerror(errno));
}

static void frozen_here(void) {
  ready();
  wait_for_go();
}

static int ok(void) {
  say("ok\n");
  return 0;
}

/* A byte that tells its place, so that a shifted or repeated page is seen. */
static unsigned char pattern(size_t at, unsigned seed) { return (unsigned char)(at * 7 + at / PAGE * 13 + seed); }

static void fill(void *memory, size_t length, unsigned seed) {
  for (size_t at = 0; at < length; at++) ((volatile unsigned char *)memory)[at] = pattern(at, seed);
}

/* Offset of the first byte that is not the pattern's; `length` when all are. */
static size_t unfilled(const void *memory, size_t length, unsigned seed) {
  size_t at = 0;
  while (at < length && ((const volatile unsigned char *)memory)[at] == pattern(at, seed)) at++;
  return at;
}

static size_t nonzero(const void *memory, size_t length) {
  size_t at = 0;
  while (at < length && ((const volatile unsigned char *)memory)[at] == 0) at++;
  return at;
}

#define CHECK_FILLED(memory, length, seed) \
  do { size_t at_ = unfilled(memory, length, seed); CHECK(at_ == (size_t)(length), "%s: byte %zu changed", #memory, at_); } while (0)
#define CHECK_ZERO(memory, length) \
  do { size_t at_ = nonzero(memory, length); CHECK(at_ == (size_t)(length), "%s: byte %zu is not zero", #memory, at_); } while (0)

/* The break as the kernel has it; libc's sbrk answers from its own copy. @return the break after the call */
static uintptr_t kernel_brk(uintptr_t wanted) { return (uintptr_t)syscall(SYS_brk, wanted); }

static void *map_anon(size_t length) {
  void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  return memory;
}

static void catch_with(int signo, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  NEED(sigaction(signo, &action, NULL) == 0);
}

static double monotonic(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

/* Whole text of a small file, NUL-terminated. @return its length */
static size_t read_text(const char *path, char *into, size_t room) {
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0);
  size_t length = 0;
  ssize_t got;
  while (length + 1 < room && (got = read(fd, into + length, room - 1 - length)) > 0) length += (size_t)got;
  close(fd);
  into[length] = 0;
  return length;
}

/* A field of /proc/self/stat by the number proc(5) gives it; 4 and up. */
static unsigned long long stat_field(int number) {
  char text[2048], *at;
  read_text("/proc/self/stat", text, sizeof text);
  at = strrchr(text, ')') + 2;
  for (int field = 3; field < number; field++) at = strchr(at, ' ') + 1;
  return strtoull(at, NULL, 10);
}
