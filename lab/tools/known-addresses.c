/* Tells where it keeps what, so that what tools say of its image can be held against it. */
#include "../targets/target.h"

int counted = 41;
char zeros[1 << 16]; /* in .bss: the first page touched, the others not */
static __thread int own = 7;

__attribute__((noinline)) static int innermost(int depth) {
  char line[16];
  CHECK(read(0, line, sizeof line) > 0, "read of stdin: %s", strerror(errno));
  return depth + 1;
}

__attribute__((noinline)) static int middle(int depth) { return innermost(depth + 1) + 1; }

int main(void) {
  counted++;
  zeros[0] = 1;
  own++;
  char text[128];
  snprintf(text, sizeof text, "main %p\ncounted %p\nzeros %p\n", (void *)main, (void *)&counted, (void *)zeros);
  say(text);
  ready();
  CHECK(middle(own) == 11, "the frames of the stack");
  return ok();
}
