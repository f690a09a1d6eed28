/* between PID ptrace|pread64 COUNT PROGRAM ARGS…: runs PROGRAM, stops it before the COUNT-th such system call of its first thread, of
 * pread64 before the COUNT-th of memory; lets PID, which is hostile.c, do its worst there, and lets PROGRAM go on.
 * Prints one line: calls N (all of them, if COUNT is 0), acted 0|1, traced 0|1 (PID was, when it acted), status of PROGRAM as waitpid gives it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void must(int condition, const char *what) {
  if (condition) return;
  perror(what);
  _exit(126);
}

/* A file of /proc/PID; empty when it is gone. */
static const char *text_of(int pid, const char *name) {
  static char path[512], text[4096];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  FILE *file = fopen(path, "r");
  size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
  text[length] = 0;
  if (file) fclose(file);
  return text;
}

static int tracer_of(int pid) {
  const char *line = strstr(text_of(pid, "status"), "TracerPid:\t");
  return line ? atoi(line + 11) : 0;
}

/* Whether each of its threads stands still for its tracer; whether the last one does, which is to execute a program, or any has ended. */
static int look(int pid, int *last_or_ended) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  int still = tasks != NULL, last = 0, ended = 0;
  for (struct dirent *each; tasks && (each = readdir(tasks));) {
    if (each->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "task/%.20s/status", each->d_name);
    const char *state = strstr(text_of(pid, path), "State:\t");
    last = state != NULL && state[7] == 't';
    still &= last;
    ended |= state != NULL && strchr("ZX", state[7]) != NULL;
  }
  if (tasks) closedir(tasks);
  *last_or_ended = last || ended;
  return still;
}

/* Its name is the number of its peer, until it executes another program. */
static int peer_of(int pid) { return atoi(text_of(pid, "comm")); }
static int has_executed(int pid) { return peer_of(pid) == 0; }
static int has_peer(int pid) { return peer_of(pid) > 0; }
static int has_acted(int peer) { return strcmp(text_of(peer, "comm"), "acted\n") == 0; }
/* A thread that executes a program waits until the tracer of the others has waited for their end. */
static int has_executed_or_cannot(int pid) {
  int cannot;
  return has_executed(pid) || look(pid, &cannot) || cannot;
}

static int is_memory(int program, int fd) {
  char path[64], link[64] = "";
  snprintf(path, sizeof path, "/proc/%d/fd/%d", program, fd);
  ssize_t length = readlink(path, link, sizeof link - 1);
  return length > 4 && strcmp(link + length - 4, "/mem") == 0;
}

static void until(int (*fact)(int), int pid, const char *what) {
  for (int n = 0; !fact(pid); n++) {
    must(n < 100000, what);
    nanosleep(&(struct timespec){0, 100000}, NULL);
  }
}

int main(int argc, char **argv) {
  must(argc > 4, "usage: between PID ptrace|pread64 COUNT PROGRAM ARGS…");
  int pid = atoi(argv[1]), calls = 0, acted = 0, traced = 0, status;
  unsigned long call = strcmp(argv[2], "ptrace") == 0 ? SYS_ptrace : SYS_pread64;
  int count = atoi(argv[3]);
  pid_t program = fork();
  if (program == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execvp(argv[4], argv + 4);
    must(0, argv[4]);
  }
  must(waitpid(program, &status, 0) == program && WIFSTOPPED(status), "start");
  must(ptrace(PTRACE_SETOPTIONS, program, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) == 0, "PTRACE_SETOPTIONS");
  for (int signal = 0;;) {
    must(ptrace(PTRACE_SYSCALL, program, 0, signal) == 0, "PTRACE_SYSCALL");
    must(waitpid(program, &status, __WALL) == program, "waitpid");
    if (!WIFSTOPPED(status)) break;
    signal = WSTOPSIG(status) == (SIGTRAP | 0x80) || status >> 16 ? 0 : WSTOPSIG(status);
    if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
    struct __ptrace_syscall_info info;
    must(ptrace(PTRACE_GET_SYSCALL_INFO, program, sizeof info, &info) > 0, "PTRACE_GET_SYSCALL_INFO");
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != call) continue;
    if (call == SYS_pread64 && !is_memory(program, info.entry.args[0])) continue;
    calls++;
    if (calls == 1 && count > 0) {
      kill(pid, SIGUSR1);
      until(has_peer, pid, "no peer");
    }
    if (calls != count) continue;
    acted = 1;
    traced = tracer_of(pid) != 0;
    int peer = peer_of(pid), cannot, still = look(pid, &cannot);
    kill(peer, SIGUSR1);
    until(has_acted, peer, "the peer does not act");
    if (!still) kill(peer, SIGUSR2);
    until(has_executed_or_cannot, pid, "it does not execute the next program");
    must(ptrace(PTRACE_DETACH, program, 0, 0) == 0, "PTRACE_DETACH");
    must(waitpid(program, &status, __WALL) == program, "waitpid");
    break;
  }
  printf("calls %d acted %d traced %d status %d\n", calls, acted, traced, status);
  return 0;
}
