// The alternate signal stack keeps place, size and flags, and handlers run on it.
#include "target.h"

static unsigned char stack[64 << 10];
static void *volatile frame;
static volatile int disarmed;

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  stack_t now;
  frame = __builtin_frame_address(0);
  disarmed = sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_DISABLE;
}

int main(int argc, char **argv) {
  int flags = argc > 1 && strcmp(argv[1], "disarmed") == 0 ? (int)SS_AUTODISARM : 0;
  stack_t wanted = {.ss_sp = stack, .ss_size = sizeof stack - 16, .ss_flags = flags}, now;
  NEED(sigaltstack(&wanted, NULL) == 0);
  catch_with(SIGUSR1, on_signal, SA_ONSTACK);
  frozen_here();
  CHECK(sigaltstack(NULL, &now) == 0, "sigaltstack: %s", strerror(errno));
  CHECK(now.ss_sp == wanted.ss_sp && now.ss_size == wanted.ss_size && now.ss_flags == flags, "it is %zu bytes at %p, flags %#x",
        now.ss_size, now.ss_sp, now.ss_flags);
  kill(getpid(), SIGUSR1);
  CHECK((unsigned char *)frame >= stack && (unsigned char *)frame < stack + sizeof stack, "the handler ran at %p", frame);
  CHECK(disarmed == (flags != 0), "it was%s there for another handler", disarmed ? " not" : "");
  return ok();
}
