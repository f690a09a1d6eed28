// Asks to be frozen, alone or beside a thread, and says what it was told; in the image it has all that it had.
#include "../targets/target.h"
#include <pthread.h>
#include "../../include/elfreeze.h"

static void *idle(void *argument) {
  for (;;) pause();
  return argument;
}

int main(int argc, char **argv) {
  pthread_t thread;
  NEED(argc == 3);
  if (strcmp(argv[2], "threads") == 0) NEED(pthread_create(&thread, NULL, idle, NULL) == 0);
  unsigned char *bytes = map_anon(3 * PAGE);
  fill(bytes, 3 * PAGE, 5);
  if (strcmp(argv[2], "pidfd") == 0) NEED(syscall(SYS_pidfd_open, getpid(), 0) >= 0);
  int answer = elfreeze(argv[1]), error = answer < 0 ? errno : 0;
  CHECK_FILLED(bytes, 3 * PAGE, 5);
  CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "a child is left");
  char text[64];
  snprintf(text, sizeof text, "%d%s%s\n", answer, error ? " " : "", error ? strerror(error) : "");
  say(text);
  return 0;
}
