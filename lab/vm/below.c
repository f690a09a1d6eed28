/* below PROGRAM ARGS…: becomes PROGRAM with all its addresses below 3 GiB, where a kernel of 32 bits ends. personality(2) */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/personality.h>
#include <unistd.h>

int main(int argc, char **argv, char **variables) {
  if (argc < 2 || personality(personality(0xffffffff) | ADDR_LIMIT_3GB) == -1) return 126;
  execve(argv[1], argv + 1, variables);
  perror(argv[1]);
  return 126;
}
