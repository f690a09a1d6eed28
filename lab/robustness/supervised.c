// Says every signal that comes, and does what it is told: say its pid, end in some way, leave a child behind.
#include "../targets/target.h"
#include <sched.h>

static void on_signal(int signo, siginfo_t *info, void *context) {
  char text[32];
  (void)info, (void)context;
  snprintf(text, sizeof text, "got %d\n", signo);
  say(text);
}

static int told(const char *line, const char *word) { return strncmp(line, word, strlen(word)) == 0; }

int main(void) {
  const int caught[] = {SIGUSR1, SIGTERM, SIGCONT, 40};
  for (int n = 0; n < 4; n++) catch_with(caught[n], on_signal, SA_RESTART);
  ready();
  for (;;) {
    char line[16] = "", text[32];
    if (read(0, line, sizeof line - 1) <= 0) return 3;
    snprintf(text, sizeof text, "pid %d\n", getpid());
    if (told(line, "pid")) say(text);
    if (told(line, "exit")) return 9;
    if (told(line, "term") && signal(SIGTERM, SIG_DFL) != SIG_ERR) raise(SIGTERM);
    if (told(line, "leave")) {
      if (fork() != 0) return 9;
      while (getppid() != 1) sched_yield();
      say("left behind\n");
      return 0;
    }
  }
}
