// Signals that wait blocked arrive once unblocked: number, sender, value and order as they were queued, per thread and process.
#include "target.h"

enum { QUEUED = 6 };
static volatile int order[16], values[16], codes[16], count;

static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)context;
  order[count] = signo, values[count] = info->si_value.sival_int, codes[count++] = info->si_code;
}

int main(void) {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (int signo = 40; signo < 43; signo++) catch_with(signo, on_signal, 0), sigaddset(&blocked, signo);
  catch_with(SIGUSR1, on_signal, 0), sigaddset(&blocked, SIGUSR1);
  catch_with(SIGUSR2, on_signal, 0), sigaddset(&blocked, SIGUSR2);
  // While one handler runs the others wait, so that the order seen is the order of delivery.
  for (int signo = 1; signo < 65; signo++) {
    struct sigaction action;
    if (!sigismember(&blocked, signo)) continue;
    sigaction(signo, NULL, &action), action.sa_mask = blocked, sigaction(signo, &action, NULL);
  }
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  for (int n = 0; n < QUEUED; n++) NEED(sigqueue(getpid(), 40 + n % 3, (union sigval){.sival_int = 1000 + n}) == 0);
  kill(getpid(), SIGUSR1);
  NEED(syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGUSR2) == 0);
  frozen_here();
  CHECK(count == 0, "%d signals arrived while blocked", count);
  sigprocmask(SIG_UNBLOCK, &blocked, NULL);
  static const int ORDER[] = {SIGUSR2, SIGUSR1, 40, 40, 41, 41, 42, 42}, VALUES[] = {0, 0, 1000, 1003, 1001, 1004, 1002, 1005};
  static const int CODES[] = {SI_TKILL, SI_USER, SI_QUEUE, SI_QUEUE, SI_QUEUE, SI_QUEUE, SI_QUEUE, SI_QUEUE};
  CHECK(count == 8, "%d signals arrived, not 8", count);
  for (int n = 0; n < count; n++) {
    CHECK(order[n] == ORDER[n], "signal %d came as number %d, not %d", order[n], n, ORDER[n]);
    CHECK(codes[n] == CODES[n], "signal %d: si_code %d, not %d", order[n], codes[n], CODES[n]);
    if (CODES[n] == SI_QUEUE) CHECK(values[n] == VALUES[n], "signal %d: value %d, not %d", order[n], values[n], VALUES[n]);
  }
  return ok();
}
