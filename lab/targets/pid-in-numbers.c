// Numbers that happen to be the process's id, among others as a lock has them, are not taken for a lock's holder.
#include "target.h"

enum { ROW = 16, ROWS = 5 };

int main(void) {
  unsigned pid = getpid();
  /* As an integer of Python's lies in memory, in rows of small numbers, and what is nearly a mutex. */
  unsigned numbers[ROWS][ROW] = {
    {1, 0, pid, 0, 1}, {1, 1, pid, 1, 1, 1}, {pid, pid, pid, pid, pid, pid}, {1, 0, pid, 1, 1}, {2, 7, pid, 3, 2},
  };
  unsigned before[ROWS][ROW];
  memcpy(before, numbers, sizeof numbers);
  for (int row = 0; row < ROWS; row++)
    for (int n = 0; n < ROW; n++) before[row][n] ^= 0xa5a5a5a5; /* no second copy of the same form */
  frozen_here();
  for (int row = 0; row < ROWS; row++)
    for (int n = 0; n < ROW; n++)
      CHECK(numbers[row][n] == (before[row][n] ^ 0xa5a5a5a5), "number %d of row %d was %u, is %u", n, row, before[row][n] ^ 0xa5a5a5a5, numbers[row][n]);
  return ok();
}
