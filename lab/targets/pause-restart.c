// A pause ends by the first signal that is handled, and by nothing else.
#include "target.h"

static volatile int seen;
static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  seen++;
}

int main(void) {
  catch_with(SIGUSR1, on_signal, SA_RESTART);
  ready();
  int result = pause(), error = errno;
  CHECK(seen == 1, "pause ended with %d signals seen", seen);
  CHECK(result == -1 && error == EINTR, "pause gave %d: %s", result, strerror(error));
  return ok();
}
