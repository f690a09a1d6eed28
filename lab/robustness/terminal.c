/* terminal: sets the terminal that it is in the foreground of, says `ready PID`, waits for a byte, and looks whether it is still so set. */
#include "../targets/target.h"
#include <termios.h>

static struct termios wanted, found;

int main(void) {
  NEED(syscall(SYS_close_range, 3, ~0u, 0) == 0); /* whatever the lab was started with */
  NEED(tcgetattr(0, &wanted) == 0);
  cfmakeraw(&wanted);
  wanted.c_lflag |= ISIG;
  wanted.c_cc[VINTR] = 7, wanted.c_cc[VMIN] = 1, wanted.c_cc[VTIME] = 0;
  NEED(tcsetattr(0, TCSANOW, &wanted) == 0 && tcgetattr(0, &wanted) == 0);
  char text[32], byte;
  snprintf(text, sizeof text, "ready %d\n", getpid());
  say(text);
  CHECK(read(0, &byte, 1) == 1, "read: %s", strerror(errno));
  CHECK(tcgetattr(0, &found) == 0, "tcgetattr: %s", strerror(errno));
  CHECK(found.c_iflag == wanted.c_iflag && found.c_oflag == wanted.c_oflag, "modes of input or output changed");
  CHECK(found.c_lflag == wanted.c_lflag && found.c_cflag == wanted.c_cflag, "local or control modes changed");
  CHECK(memcmp(found.c_cc, wanted.c_cc, sizeof wanted.c_cc) == 0, "special characters changed");
  return ok();
}
