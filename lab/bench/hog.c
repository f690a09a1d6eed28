/* hog MIB hold|gap|mark: what `npm run bench` freezes. It holds so much memory that is not zero, says `ready`, and then
 * hold  waits for the end of its input;
 * gap   asks for the time in a tight loop that also writes to its pages one after the other, and tells on SIGUSR1 the longest
 *       time between two answers since it was last asked;
 * mark  asks for its pid in a tight loop until that is another, as it is in an image, and then writes the time, 8 bytes. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_WORDS = 4096 / sizeof(uint64_t) };

static volatile sig_atomic_t asked;
static void handle(int signo) { asked = signo; }

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t *fill(size_t words) {
  uint64_t *memory = words ? mmap(NULL, words * sizeof *memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : NULL;
  if (memory == MAP_FAILED) exit(71);
  uint64_t state = 88172645463325252u;
  for (size_t at = 0; at < words; at++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    memory[at] = state;
  }
  return memory;
}

static void tell_gaps(uint64_t *memory, size_t words) {
  uint64_t last = now(), largest = 0;
  for (size_t at = 0;; at = at + PAGE_WORDS < words ? at + PAGE_WORDS : 0) {
    uint64_t time = now();
    if (time - last > largest) largest = time - last;
    last = time;
    if (words) memory[at]++;
    if (!asked) continue;
    asked = 0;
    printf("gap %llu\n", (unsigned long long)largest);
    largest = 0;
    last = now();
  }
}

static int mark(void) {
  long pid = syscall(SYS_getpid);
  while (syscall(SYS_getpid) == pid) continue;
  uint64_t time = now();
  return write(1, &time, sizeof time) == sizeof time ? 0 : 74;
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  size_t words = (size_t)atol(argv[1]) * ((1 << 20) / sizeof(uint64_t));
  struct sigaction action = {.sa_handler = handle};
  if (sigaction(SIGUSR1, &action, NULL)) return 71;
  setvbuf(stdout, NULL, _IOLBF, 0);
  uint64_t *memory = fill(words);
  puts("ready");
  if (!strcmp(argv[2], "gap")) tell_gaps(memory, words);
  if (!strcmp(argv[2], "mark")) return mark();
  return getchar() == EOF ? 0 : 1;
}
