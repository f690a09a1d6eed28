// Frozen inside a signal handler (with `altstack`: on the alternate stack), it returns to what it interrupted.
#include "target.h"

static unsigned char stack[64 << 10];
static volatile int depth, on_stack;

static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)info, (void)context;
  unsigned char frame[500];
  stack_t now;
  sigset_t mask;
  depth++;
  fill(frame, sizeof frame, (unsigned)signo);
  if (signo == SIGUSR1) kill(getpid(), SIGUSR2);
  else frozen_here();
  CHECK_FILLED(frame, sizeof frame, (unsigned)signo);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, signo) == 1, "signal %d is not blocked in its handler", signo);
  CHECK(sigaltstack(NULL, &now) == 0 && !!(now.ss_flags & SS_ONSTACK) == on_stack, "signal stack flags are %#x", now.ss_flags);
  depth--;
}

int main(int argc, char **argv) {
  on_stack = argc > 1 && strcmp(argv[1], "altstack") == 0;
  stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
  NEED(sigaltstack(&own, NULL) == 0);
  catch_with(SIGUSR1, on_signal, on_stack ? SA_ONSTACK : 0);
  catch_with(SIGUSR2, on_signal, on_stack ? SA_ONSTACK : 0);
  volatile double kept = 1.5;
  kill(getpid(), SIGUSR1);
  sigset_t mask;
  CHECK(depth == 0 && kept == 1.5, "came back at depth %d with %g", depth, kept);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && !sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2), "a signal is still blocked");
  return ok();
}
