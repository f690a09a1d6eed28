// Open devices without a state of their own work on: null, zero, full, random and urandom.
#include "target.h"

int main(void) {
  unsigned char bytes[64];
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY), full = open("/dev/full", O_WRONLY);
  int urandom = open("/dev/urandom", O_RDONLY), random = open("/dev/random", O_RDONLY);
  NEED(null >= 0 && zero >= 0 && full >= 0 && urandom >= 0 && random >= 0);
  frozen_here();
  CHECK(write(null, "x", 1) == 1 && read(null, bytes, 1) == 0, "/dev/null: %s", strerror(errno));
  memset(bytes, 1, sizeof bytes);
  CHECK(read(zero, bytes, sizeof bytes) == sizeof bytes, "/dev/zero: %s", strerror(errno));
  CHECK_ZERO(bytes, sizeof bytes);
  CHECK(write(full, "x", 1) == -1 && errno == ENOSPC, "/dev/full takes bytes");
  CHECK(read(urandom, bytes, sizeof bytes) == sizeof bytes, "/dev/urandom: %s", strerror(errno));
  CHECK(nonzero(bytes, sizeof bytes) < sizeof bytes, "/dev/urandom gives zeros");
  memset(bytes, 0, sizeof bytes);
  CHECK(read(random, bytes, sizeof bytes) == sizeof bytes && nonzero(bytes, sizeof bytes) < sizeof bytes, "/dev/random gives zeros");
  return ok();
}
