/* moment PID WHEN US ACTION… -- PROGRAM ARGS…: starts PROGRAM, waits for its moment, acts, and waits for its end.
 * WHEN `start`: US microseconds after the start; `traced`: US after process PID has got a tracer; `still`: US after it stands
 * still for its tracer.
 * ACTION, in this order: `kill` PROGRAM with SIGKILL; a signal's number, sent to PID; `storm=FROM,COUNT`, numbered real-time
 * signals to PID with a short spin between each; `stream=SIGNAL`, again and again until PROGRAM has ended; `spin=US`; `none`, which with `start` does not look on either.
 * Prints one line: took US, traced US (how long PID had a tracer), acted 0|1 (PROGRAM was running), tracer 0|1 (PID had one
 * when it acted), status of PROGRAM as waitpid gives it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int status_fd;

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

/* Whether this line of its status begins with this; -1 when it is gone. */
static int has(const char *line, const char *value) {
  char text[512];
  ssize_t length = pread(status_fd, text, sizeof text - 1, 0);
  if (length <= 0) return -1;
  text[length] = 0;
  const char *at = strstr(text, line);
  return at && strncmp(at + strlen(line), value, strlen(value)) == 0;
}

static int is_traced(void) { return has("TracerPid:\t", "0\n") == 0; }
static int stands_still(void) { return has("State:\t", "t") == 1; }

static void spin(double us) {
  for (double end = now_us() + us; now_us() < end;);
}

static int has_ended(pid_t program) {
  siginfo_t info = {0};
  return waitid(P_PID, program, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == program;
}

int main(int argc, char **argv) {
  if (argc < 6) return 126;
  pid_t pid = atoi(argv[1]);
  int after_trace = strcmp(argv[2], "start") != 0, after_stop = strcmp(argv[2], "still") == 0;
  double delay = atof(argv[3]);
  int first = 4, dashes = first;
  while (strcmp(argv[dashes], "--") != 0) dashes++;

  char path[64];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  status_fd = open(path, O_RDONLY | O_CLOEXEC);
  if (status_fd < 0) return perror(path), 126;

  double start = now_us(), traced_at = 0, untraced_at = 0, acted_at = 0;
  pid_t program = fork();
  if (program == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[dashes + 1], argv + dashes + 1);
    perror(argv[dashes + 1]);
    _exit(126);
  }

  int acted = 0, tracer = 0, status = 0;
  int look_on = after_trace || strcmp(argv[first], "none") != 0;
  while (waitpid(program, &status, look_on ? WNOHANG : 0) == 0) {
    int traced = is_traced();
    double now = now_us();
    if (traced && !traced_at && (!after_stop || stands_still())) traced_at = now;
    if (!traced && traced_at && !untraced_at) untraced_at = now;
    if (acted || (after_trace && !traced_at)) continue;
    double due = (after_trace ? traced_at : start) + delay;
    if (now + 200 < due) continue;
    while (now_us() < due);
    if (waitpid(program, &status, WNOHANG) != 0) break;
    acted = 1;
    tracer = is_traced();
    acted_at = now_us();
    for (int n = first; n < dashes; n++) {
      int from, count;
      if (strcmp(argv[n], "kill") == 0) kill(program, SIGKILL);
      else if (sscanf(argv[n], "storm=%d,%d", &from, &count) == 2)
        for (int k = 0; k < count; k++, spin(60)) sigqueue(pid, SIGRTMIN + 2, (union sigval){.sival_int = from + k});
      else if (sscanf(argv[n], "stream=%d", &from) == 1)
        for (; !has_ended(program); spin(4)) kill(pid, from);
      else if (sscanf(argv[n], "spin=%d", &from) == 1) spin(from);
      else if (atoi(argv[n]) > 0) kill(pid, atoi(argv[n]));
    }
  }
  double end = now_us();
  printf("took %.0f traced %.0f acted %d tracer %d after %.0f status %d\n", end - start, traced_at ? (untraced_at ? untraced_at : end) - traced_at : 0,
         acted, tracer, traced_at && acted_at ? acted_at - traced_at : -1, status);
  return 0;
}
