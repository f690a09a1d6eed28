// Open files that send a signal when they are ready (O_ASYNC) send it to the process, the one that was chosen, and tell which file it was.
#include "target.h"
#include <sys/socket.h>

static volatile sig_atomic_t came, which;
static void on_ready(int signo, siginfo_t *info, void *context) { (void)context, came = signo, which = info->si_fd; }

static void watch(int fd, int type, int signo) {
  struct f_owner_ex owner = {type, getpid()};
  NEED(fcntl(fd, F_SETOWN_EX, &owner) == 0 && fcntl(fd, F_SETSIG, signo) == 0 && fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
}

static void check(int from, int to, int signo) {
  came = 0;
  CHECK(write(from, "x", 1) == 1, "write: %s", strerror(errno));
  CHECK(came == signo && (signo == SIGIO || which == to), "fd %d: signal %d of fd %d came, %d was due", to, came, which, signo);
}

int main(void) {
  int ends[2], pair[2];
  NEED(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  catch_with(SIGIO, on_ready, 0), catch_with(SIGRTMIN + 1, on_ready, 0);
  watch(ends[0], F_OWNER_PID, SIGRTMIN + 1);
  watch(pair[0], F_OWNER_TID, 0);
  check(ends[1], ends[0], SIGRTMIN + 1), check(pair[1], pair[0], SIGIO);
  frozen_here();
  struct f_owner_ex owner;
  CHECK(fcntl(ends[0], F_GETSIG) == SIGRTMIN + 1 && fcntl(pair[0], F_GETSIG) == 0, "the signals differ");
  CHECK(fcntl(ends[0], F_GETOWN_EX, &owner) == 0 && owner.type == F_OWNER_PID && owner.pid == getpid(), "the owner is %d", owner.pid);
  CHECK(fcntl(pair[0], F_GETOWN_EX, &owner) == 0 && owner.type == F_OWNER_TID && owner.pid == getpid(), "the owner is %d", owner.pid);
  CHECK(fcntl(ends[0], F_GETFL) & O_ASYNC && fcntl(pair[0], F_GETFL) & O_NONBLOCK, "flags differ");
  check(ends[1], ends[0], SIGRTMIN + 1), check(pair[1], pair[0], SIGIO);
  return ok();
}
