// An open directory leads to its entries, and a listing goes on where it was.
#include "target.h"
#include <dirent.h>

int main(void) {
  int seen[50] = {0}, read_before = 0, number;
  NEED(mkdir("dir", 0755) == 0);
  for (int n = 0; n < 50; n++) {
    char name[32];
    snprintf(name, sizeof name, "dir/entry-%d", n);
    NEED(close(open(name, O_WRONLY | O_CREAT, 0600)) == 0);
  }
  DIR *list = opendir("dir");
  NEED(list);
  int fd = open("dir", O_RDONLY | O_DIRECTORY);
  struct dirent *entry;
  while (read_before < 20 && (entry = readdir(list)))
    if (sscanf(entry->d_name, "entry-%d", &number) == 1) seen[number]++, read_before++;
  frozen_here();
  while ((entry = readdir(list)))
    if (sscanf(entry->d_name, "entry-%d", &number) == 1) seen[number]++;
  for (int n = 0; n < 50; n++) CHECK(seen[n] == 1, "entry %d was listed %d times", n, seen[n]);
  CHECK(closedir(list) == 0, "closedir: %s", strerror(errno));
  CHECK(faccessat(fd, "entry-7", F_OK, 0) == 0, "openat from the directory: %s", strerror(errno));
  return ok();
}
