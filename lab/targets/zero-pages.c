// Pages that are present and hold only zeros, between others that do not, stay zero and writable.
#include "target.h"

enum { PAGES = 512 };

int main(void) {
  unsigned char *memory = map_anon(PAGES * PAGE);
  for (size_t page = 0; page < PAGES; page++) memory[page * PAGE] = page % 5 == 0 ? 1 + page % 250 : 0;
  frozen_here();
  for (size_t page = 0; page < PAGES; page++) {
    unsigned expected = page % 5 == 0 ? 1 + page % 250 : 0;
    CHECK(memory[page * PAGE] == expected, "page %zu begins with %u", page, memory[page * PAGE]);
    CHECK_ZERO(memory + page * PAGE + 1, PAGE - 1);
  }
  fill(memory, PAGES * PAGE, 9);
  CHECK_FILLED(memory, PAGES * PAGE, 9);
  return ok();
}
