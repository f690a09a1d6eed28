// Where code, data, stack, arguments and environment begin and end is as it was, as /proc/PID/stat says.
#include "target.h"

static const int FIELDS[] = {26, 27, 28, 45, 46, 47, 48, 49, 50, 51}; /* startcode … env_end, without kstkesp and what follows it */
enum { COUNT = sizeof FIELDS / sizeof *FIELDS };

int main(void) {
  unsigned long long before[COUNT];
  for (int n = 0; n < COUNT; n++) before[n] = stat_field(FIELDS[n]);
  NEED(before[0] != 0 && before[COUNT - 1] != 0);
  frozen_here();
  for (int n = 0; n < COUNT; n++)
    CHECK(stat_field(FIELDS[n]) == before[n], "field %d is %#llx, was %#llx", FIELDS[n], stat_field(FIELDS[n]), before[n]);
  return ok();
}
