// Open files of procfs tell of the process as it is now, and are read on where reading stopped.
#include "target.h"

int main(void) {
  char name[64], text[4096];
  snprintf(name, sizeof name, "/proc/%d/stat", getpid());
  int self = open("/proc/self/status", O_RDONLY), numbered = open(name, O_RDONLY), memory = open("/proc/meminfo", O_RDONLY), directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
  NEED(self >= 0 && numbered >= 0 && memory >= 0 && directory >= 0 && read(self, text, 6) == 6 && read(memory, text, 4) == 4);
  frozen_here();
  ssize_t length = read(self, text, sizeof text - 1);
  CHECK(length > 0, "/proc/self/status: %s", strerror(errno));
  text[length] = 0;
  char *pid = strstr(text, "\nPid:\t");
  CHECK(pid && atoi(pid + 6) == getpid(), "it does not tell of this process");
  CHECK((length = read(numbered, text, sizeof text - 1)) > 0 && atoi(text) == getpid(), "the numbered one does not tell of this process");
  CHECK(read(memory, text, 5) == 5 && memcmp(text, "otal:", 5) == 0, "the position is lost");
  CHECK(faccessat(directory, "0", F_OK, 0) == 0, "the directory is another");
  return ok();
}
