// Frozen on a coroutine's stack in the middle of the heap, with live neighbours above and below.
#include "target.h"
#include <ucontext.h>

enum { ROOM = 64 << 10 };
static ucontext_t main_context, coroutine;
static unsigned char *stack, *stage;

static void body(void) {
  unsigned char frame[2000];
  fill(frame, sizeof frame, 21);
  frozen_here();
  CHECK_FILLED(frame, sizeof frame, 21);
  swapcontext(&coroutine, &main_context);
  CHECK_FILLED(frame, sizeof frame, 21);
  *stage = 2;
}

int main(void) {
  NEED((stage = malloc(3 * ROOM)) != NULL);
  stack = stage + ROOM;
  fill(stage, ROOM, 22), fill(stack + ROOM, ROOM, 23);
  *stage = 1;
  NEED(getcontext(&coroutine) == 0);
  coroutine.uc_stack.ss_sp = stack, coroutine.uc_stack.ss_size = ROOM, coroutine.uc_link = &main_context;
  makecontext(&coroutine, body, 0);
  swapcontext(&main_context, &coroutine);
  CHECK(*stage == 1, "the coroutine did not stop half-way");
  swapcontext(&main_context, &coroutine);
  CHECK(*stage == 2, "the coroutine did not end");
  *stage = pattern(0, 22);
  CHECK_FILLED(stage, ROOM, 22);
  CHECK_FILLED(stack + ROOM, ROOM, 23);
  return ok();
}
