/* start PROGRAM ARGS…: becomes PROGRAM with no descriptors but 0, 1 and 2, whatever the lab itself was started with. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  DIR *list = opendir("/proc/self/fd");
  if (argc < 2 || !list) return 126;
  for (struct dirent *entry; (entry = readdir(list));) {
    int fd = atoi(entry->d_name);
    if (fd > 2 && fd != dirfd(list)) close(fd);
  }
  closedir(list);
  execv(argv[1], argv + 1);
  perror(argv[1]);
  return 126;
}
