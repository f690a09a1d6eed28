/* The clock of `npm run bench`. Prints one JSON object; all times are in nanoseconds of CLOCK_MONOTONIC.
 * stopwatch run LOG PROGRAM ARGS…  until PROGRAM, whose output goes to the file LOG, has ended
 * stopwatch first PROGRAM ARGS…    until the moment that PROGRAM itself says in the first 8 bytes of its output; it is killed then
 * stopwatch pread FILE BYTES       to read so much of FILE into fresh anonymous memory */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static _Noreturn void die(const char *what) {
  perror(what);
  exit(71);
}

static pid_t spawn(char **argv, int output) {
  pid_t pid;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ)) die(argv[0]);
  return pid;
}

static int run(char *log, char **argv) {
  int status, output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct rusage usage;
  if (output < 0) die(log);
  uint64_t start = now();
  pid_t pid = spawn(argv, output);
  if (wait4(pid, &status, 0, &usage) != pid) die("wait4");
  uint64_t end = now();
  printf("{\"ns\":%llu,\"peakKiB\":%ld,\"status\":%d}\n", (unsigned long long)(end - start), usage.ru_maxrss,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}

static int first(char **argv) {
  int ends[2];
  uint64_t said;
  if (pipe2(ends, O_CLOEXEC)) die("pipe2");
  uint64_t start = now();
  pid_t pid = spawn(argv, ends[1]);
  close(ends[1]);
  ssize_t got = read(ends[0], &said, sizeof said);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  if (got != sizeof said) return fprintf(stderr, "%s ended without saying when it began\n", argv[0]), 1;
  printf("{\"ns\":%llu}\n", (unsigned long long)(said - start));
  return 0;
}

static int read_into_fresh(char *path, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) die(path);
  uint64_t start = now();
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  for (size_t done = 0; done < size;) {
    ssize_t got = pread(file, memory + done, size - done, (off_t)done);
    if (got <= 0) die(path);
    done += (size_t)got;
  }
  printf("{\"ns\":%llu}\n", (unsigned long long)(now() - start));
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 3 && !strcmp(argv[1], "run")) return run(argv[2], argv + 3);
  if (argc > 2 && !strcmp(argv[1], "first")) return first(argv + 2);
  if (argc == 4 && !strcmp(argv[1], "pread")) return read_into_fresh(argv[2], strtoull(argv[3], NULL, 10));
  return fprintf(stderr, "usage: stopwatch run LOG PROGRAM ARGS… | first PROGRAM ARGS… | pread FILE BYTES\n"), 64;
}
