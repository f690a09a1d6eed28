// The pid is the old one: a signal, a lock and a queued value that are sent to the number from before reach this process.
#include "target.h"
#include <sys/wait.h>

static volatile sig_atomic_t sender, value;
static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)context;
  sender = info->si_pid;
  value = info->si_value.sival_int;
}

int main(void) {
  pid_t before = getpid(), thread = (pid_t)syscall(SYS_gettid);
  catch_with(SIGUSR2, on_signal, 0);
  frozen_here();
  CHECK(getpid() == before && syscall(SYS_getpid) == before, "the pid is %ld, was %d", (long)syscall(SYS_getpid), before);
  CHECK(syscall(SYS_gettid) == thread, "the thread id is %ld, was %d", (long)syscall(SYS_gettid), thread);
  CHECK(kill(before, SIGUSR2) == 0 && sender == before, "kill reaches another process");
  CHECK(sigqueue(before, SIGUSR2, (union sigval){.sival_int = 7}) == 0 && value == 7, "sigqueue reaches another process");
  CHECK(syscall(SYS_tgkill, before, thread, SIGUSR2) == 0 && sender == before, "tgkill reaches another thread");
  pid_t child = fork();
  if (child == 0) _exit(getppid() == before ? 9 : 1);
  int status;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 9, "a child has another parent");
  return ok();
}
