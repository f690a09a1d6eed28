// Works without ever waiting: calls, memory, doubles and a file, numbered lines, each after a few milliseconds. How many is its argument.
#include "target.h"

enum { WORK = 900000 };
static double table[4096];

__attribute__((noinline)) static double work(unsigned depth, uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  double *cell = &table[*state >> 20];
  *cell = *cell * 0.5 + depth;
  return depth ? work(depth - 1, state) + *cell : *cell;
}

int main(int argc, char **argv) {
  NEED(argc == 2);
  int lines = atoi(argv[1]);
  uint32_t state = 1;
  double sum = 0;
  FILE *log = fopen("log", "w+");
  NEED(log);
  ready();
  for (int line = 0; line < lines; line++) {
    char text[64], *block = malloc(1000 + line * 100);
    NEED(block);
    memset(block, line, 1000);
    for (int n = 0; n < WORK / 30; n++) sum += work(30, &state);
    CHECK(block[999] == (char)line, "the block changed");
    free(block);
    snprintf(text, sizeof text, "%d %.6e\n", line, sum);
    say(text);
    fputs(text, log);
  }
  rewind(log);
  for (int line = 0; line < lines; line++) {
    int number = -1;
    double value;
    CHECK(fscanf(log, "%d %le", &number, &value) == 2 && number == line, "the log has %d at line %d", number, line);
  }
  return ok();
}
