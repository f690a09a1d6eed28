// A select without a timeout on stdin ends when a line comes.
#include "target.h"
#include <sys/select.h>

int main(void) {
  fd_set wanted;
  FD_ZERO(&wanted);
  FD_SET(0, &wanted);
  ready();
  int result = select(1, &wanted, NULL, NULL, NULL);
  CHECK(result == 1 && FD_ISSET(0, &wanted), "select gave %d: %s", result, strerror(errno));
  wait_for_go();
  return ok();
}
