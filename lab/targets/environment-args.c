// Arguments and environment are the old ones, in memory and in /proc, whatever the image was started with.
#include "target.h"
#include <sys/auxv.h>

/* Bytes of a vector up to its end: how many zeros are shown after that is the kernel's matter. */
static size_t vector_length(const unsigned long *vector) {
  size_t entries = 0;
  while (vector[2 * entries] != AT_NULL) entries++;
  return 2 * entries * sizeof *vector;
}

int main(int argc, char **argv) {
  static char before[65536], after[65536];
  static unsigned long vector[2][1024];
  NEED(setenv("ADDED_BY_TARGET", "yes", 1) == 0);
  const char *home = getenv("LAB_MARK"), *name = (const char *)getauxval(AT_EXECFN);
  NEED(argc == 3 && home && name);
  char *arguments = strdup(argv[1]), *executable = strdup(name);
  size_t length = read_text("/proc/self/cmdline", before, 30000), environment = read_text("/proc/self/environ", before + 30000, 30000);
  NEED(read_text("/proc/self/auxv", (char *)vector[0], sizeof vector[0]) > 0);
  frozen_here();
  CHECK(strcmp(argv[1], arguments) == 0 && strcmp(argv[2], "two words") == 0, "argv is `%s` `%s`", argv[1], argv[2]);
  CHECK(getenv("LAB_MARK") == home && strcmp(getenv("ADDED_BY_TARGET"), "yes") == 0, "the environment is another one");
  CHECK(!getenv("ELFREEZE_STOP"), "the image's environment came in");
  CHECK(read_text("/proc/self/cmdline", after, 30000) == length && memcmp(before, after, length) == 0, "/proc/self/cmdline is another one");
  CHECK(read_text("/proc/self/environ", after, 30000) == environment && memcmp(before + 30000, after, environment) == 0, "/proc/self/environ is another one");
  CHECK(strcmp((const char *)getauxval(AT_EXECFN), executable) == 0, "AT_EXECFN is another one");
  NEED(read_text("/proc/self/auxv", (char *)vector[1], sizeof vector[1]) > 0);
  size_t kept = vector_length(vector[0]);
  CHECK(vector_length(vector[1]) == kept && memcmp(vector[0], vector[1], kept) == 0, "/proc/self/auxv is another one");
  return ok();
}
