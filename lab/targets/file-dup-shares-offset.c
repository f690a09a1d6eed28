// Duplicated descriptors share one offset and one set of flags; separately opened ones do not.
#include "target.h"

int main(void) {
  int one = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600), two = dup(one), apart = open("data", O_RDWR);
  NEED(one >= 0 && two >= 0 && apart >= 0 && write(one, "0123456789", 10) == 10);
  frozen_here();
  CHECK(lseek(two, 0, SEEK_CUR) == 10 && lseek(apart, 0, SEEK_CUR) == 0, "offsets: %ld, %ld", (long)lseek(two, 0, SEEK_CUR), (long)lseek(apart, 0, SEEK_CUR));
  CHECK(lseek(one, 3, SEEK_SET) == 3 && lseek(two, 0, SEEK_CUR) == 3, "the duplicate does not follow");
  CHECK(lseek(apart, 0, SEEK_CUR) == 0, "the separate one follows");
  CHECK(fcntl(one, F_SETFL, O_APPEND) == 0 && (fcntl(two, F_GETFL) & O_APPEND), "the duplicate's flags do not follow");
  CHECK(!(fcntl(apart, F_GETFL) & O_APPEND), "the separate one's flags follow");
  return ok();
}
