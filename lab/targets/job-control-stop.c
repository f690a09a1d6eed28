// A process that is stopped goes on by one SIGCONT, which its handler sees once, and with its stop signal as before.
#include "target.h"

static volatile int continued;
static void on_continue(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, continued++; }

int main(void) {
  catch_with(SIGCONT, on_continue, 0);
  volatile double kept = 0.75;
  ready();
  NEED(raise(SIGSTOP) == 0);
  CHECK(continued == 1, "SIGCONT came %d times", continued);
  CHECK(kept == 0.75, "a value changed");
  return ok();
}
