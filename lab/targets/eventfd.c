// Eventfds keep their count, are semaphores or not, and wake who waits.
#include "target.h"
#include <poll.h>
#include <sys/eventfd.h>

static int readable(int fd) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  return poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLIN);
}

int main(void) {
  int counter = eventfd(0, EFD_NONBLOCK), semaphore = eventfd(3, EFD_SEMAPHORE | EFD_CLOEXEC), full = eventfd(0, EFD_NONBLOCK), empty = eventfd(0, 0);
  uint64_t value = UINT64_C(0x123456789a), most = UINT64_MAX - 1;
  NEED(counter >= 0 && semaphore >= 0 && full >= 0 && empty >= 0);
  NEED(write(counter, &value, 8) == 8 && write(full, &most, 8) == 8);
  int duplicate = dup(counter);
  NEED(duplicate >= 0);
  frozen_here();
  CHECK(read(duplicate, &value, 8) == 8 && value == UINT64_C(0x123456789a), "the count is %llx", (unsigned long long)value);
  CHECK(read(counter, &value, 8) == -1 && errno == EAGAIN, "the duplicate has a count of its own");
  for (int n = 0; n < 3; n++) CHECK(read(semaphore, &value, 8) == 8 && value == 1, "the semaphore gave %llu", (unsigned long long)value);
  CHECK(!readable(semaphore) && !readable(empty), "an empty one can be read");
  value = 1;
  CHECK(write(full, &value, 8) == -1 && errno == EAGAIN, "the full one took more");
  CHECK(write(empty, &value, 8) == 8 && readable(empty), "a written one cannot be read");
  return ok();
}
