// The alternate signal stack keeps place, size and flags, and handlers run on it.
#include "target.h"

static unsigned char stack[64 << 10];
static void *volatile frame;

static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  frame = __builtin_frame_address(0);
}

int main(void) {
  stack_t wanted = {.ss_sp = stack, .ss_size = sizeof stack - 16, .ss_flags = 0}, now;
  NEED(sigaltstack(&wanted, NULL) == 0);
  catch_with(SIGUSR1, on_signal, SA_ONSTACK);
  frozen_here();
  CHECK(sigaltstack(NULL, &now) == 0, "sigaltstack: %s", strerror(errno));
  CHECK(now.ss_sp == wanted.ss_sp && now.ss_size == wanted.ss_size && now.ss_flags == 0, "it is %zu bytes at %p, flags %#x",
        now.ss_size, now.ss_sp, now.ss_flags);
  kill(getpid(), SIGUSR1);
  CHECK((unsigned char *)frame >= stack && (unsigned char *)frame < stack + sizeof stack, "the handler ran at %p", frame);
  return ok();
}
