// Thread-local variables keep values and addresses, errno too.
#include "target.h"

static __thread int initialised = 1234;
static __thread unsigned char zeroed[5000];
static __thread int *self;

int main(void) {
  NEED(initialised == 1234 && nonzero(zeroed, sizeof zeroed) == sizeof zeroed);
  initialised = 77, self = &initialised;
  fill(zeroed, sizeof zeroed, 26);
  ready();
  int *volatile error = &errno;
  *error = 4242;
  wait_for_go();
  CHECK(*error == 4242 && error == &errno, "errno is %d", errno);
  CHECK(initialised == 77 && self == &initialised, "variable is %d at %p, was at %p", initialised, (void *)&initialised, (void *)self);
  CHECK_FILLED(zeroed, sizeof zeroed, 26);
  return ok();
}
