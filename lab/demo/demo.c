/* What `npm run demo` freezes. For each line that comes on standard input it counts a thousand steps: each step works in
 * floating point and in x87 registers, writes into blocks of malloc and has a signal handled. Then it grows its break by an
 * odd number of bytes, writes a line to its file and one to standard output, and waits in read(2) for the next.
 * Standard error tells where the break is, which is another place in every run. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINES = 10, STEPS = 1000, BLOCKS = 600, BLOCK_AT_MOST = 48 << 10, BIG = 4 << 20, ODD = 13 };

static volatile sig_atomic_t handled;
static unsigned char *blocks[BLOCKS];
static size_t sizes[BLOCKS];

static void handle(int signo) { handled += signo == SIGUSR1; }

static uint64_t next(uint64_t *state) {
  *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
  return *state;
}

/* The kernel's answer: libc's sbrk keeps a copy of its own. */
static uintptr_t kernel_brk(void) { return (uintptr_t)syscall(SYS_brk, 0); }

/* One line and no more, however many are there. */
static int wait_for_line(void) {
  char byte;
  ssize_t got;
  while ((got = read(0, &byte, 1)) == 1 && byte != '\n') continue;
  return got == 1;
}

static uint64_t digest(void) {
  uint64_t sum = 14695981039346656037u;
  for (int block = 0; block < BLOCKS; block++)
    for (size_t at = 0; at < sizes[block]; at++) sum = (sum ^ blocks[block][at]) * 1099511628211u;
  return sum;
}

static void replace(int block, size_t size, uint64_t *state) {
  free(blocks[block]);
  blocks[block] = malloc(sizes[block] = size);
  if (!blocks[block]) exit(71);
  for (size_t at = 0; at < size; at++) blocks[block][at] = (unsigned char)next(state);
}

int main(void) {
  uint64_t state = 88172645463325252u;
  unsigned long count = 0;
  double logistic = 0.3;
  long double sum = 0;
  struct sigaction action = {.sa_handler = handle};
  int file = open("demo.log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || sigaction(SIGUSR1, &action, NULL)) return 71;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int block = 0; block < BLOCKS; block++) replace(block, next(&state) % BLOCK_AT_MOST, &state);
  replace(0, BIG, &state); /* beyond malloc's threshold: a mapping of its own */

  for (int line = 0; line < LINES; line++) {
    if (sbrk(ODD) == (void *)-1) return 71;
    uintptr_t before = kernel_brk();
    fprintf(stderr, "brk 0x%lx\n", (unsigned long)before);
    if (!wait_for_line()) return 74;
    uintptr_t after = kernel_brk();
    fprintf(stderr, "brk 0x%lx\n", (unsigned long)after);
    if (before != after) return printf("the break has moved\n"), 1;

    for (int step = 0; step < STEPS; step++) {
      count++;
      logistic = 3.9 * logistic * (1 - logistic);
      sum += 1 / ((long double)count * count);
      blocks[1 + count % (BLOCKS - 1)][0] ^= (unsigned char)count;
      raise(SIGUSR1);
    }
    for (int block = 1; block < BLOCKS; block += 37) replace(block, next(&state) % BLOCK_AT_MOST, &state);
    dprintf(file, "%lu steps\n", count);
    printf("count %lu  signals %d  double %a  long double %La  heap %016llx\n", count, (int)handled, logistic, sum,
           (unsigned long long)digest());
  }
  return 7; /* a status that nothing else gives */
}
