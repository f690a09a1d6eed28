// Text that waits in a stdio buffer is written once, after the restore; text read ahead is still there.
#include "target.h"

int main(void) {
  static char line[100];
  FILE *data = fopen("data", "w+"), *out = fopen("out", "w");
  NEED(data && out);
  for (int n = 0; n < 1000; n++) fprintf(data, "line %d\n", n);
  rewind(data);
  for (int n = 0; n < 10; n++) NEED(fgets(line, sizeof line, data));
  fprintf(out, "half a line, ");
  printf("from the buffer\n");
  frozen_here();
  for (int n = 10; n < 1000; n++) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, "line %d\n", n);
    CHECK(fgets(line, sizeof line, data) && strcmp(line, wanted) == 0, "line %d is `%s`", n, line);
  }
  fprintf(out, "the other half\n");
  CHECK(fclose(out) == 0, "fclose: %s", strerror(errno));
  read_text("out", line, sizeof line);
  CHECK(strcmp(line, "half a line, the other half\n") == 0, "the file holds `%s`", line);
  return ok();
}
