// Ignored signals stay ignored, and the others keep their default action.
#include "target.h"
#include <sys/wait.h>

static const int IGNORED[] = {SIGUSR2, SIGTERM, SIGPIPE, SIGHUP, 45};

int main(void) {
  struct sigaction now;
  for (size_t n = 0; n < sizeof IGNORED / sizeof *IGNORED; n++) signal(IGNORED[n], SIG_IGN);
  frozen_here();
  for (size_t n = 0; n < sizeof IGNORED / sizeof *IGNORED; n++) {
    CHECK(sigaction(IGNORED[n], NULL, &now) == 0 && now.sa_handler == SIG_IGN, "signal %d is not ignored", IGNORED[n]);
    kill(getpid(), IGNORED[n]);
  }
  CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL, "SIGUSR1 has a handler");
  pid_t child = fork();
  if (child == 0) kill(getpid(), SIGUSR1), _exit(0);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1, "the default action of SIGUSR1 gave status %#x", status);
  return ok();
}
