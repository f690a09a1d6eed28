#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "guest.h"

enum { PROCESSES = 64 };

/* A child of ours, and our ends of its pipes; -1 where there is none any more. `id` 0: a free row. */
static struct process {
  uint32_t id;
  pid_t pid;
  int in, out, err, ended, status;
  /* What its standard input does not take yet, and whether that is all there is. */
  char *queued;
  size_t length;
  int closing;
} processes[PROCESSES];

static int child_ended[2];

struct process *process_of(uint32_t id) {
  for (int n = 0; n < PROCESSES; n++)
    if (processes[n].id == id) return &processes[n];
  return NULL;
}

static void on_child(int signal) {
  (void)signal;
  /* A full pipe wakes us as well. */
  if (write(child_ended[1], "", 1) < 0) return;
}

void watch_children(void) {
  if (pipe2(child_ended, O_CLOEXEC | O_NONBLOCK)) die("pipe");
  struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
  sigaction(SIGCHLD, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static _Noreturn void become(const char *payload, const char *end, int in, int out, int err) {
  char *words[256] = {0}, *variables[256] = {0};
  const char *root = payload, *dir = next(root), *input = next(dir), *count = next(input), *at = next(count);
  for (int n = 0; n < atoi(count) && n < 255 && at < end; at = next(at)) words[n++] = (char *)at;
  for (int n = 0; n < 255 && at < end; at = next(at)) variables[n++] = (char *)at;
  if (*input) in = open(input, O_RDONLY);
  if (in < 0 || setsid() < 0 || (*root && chroot(root)) || chdir(dir)) {
    dprintf(err, "%s: %s\n", words[0], strerror(errno));
    _exit(126);
  }
  dup2(in, 0), dup2(out, 1), dup2(err, 2);
  /* As few descriptors, and the limits, that a login shell would give it. */
  for (int fd = 3; fd < 1024; fd++) close(fd);
  setrlimit(RLIMIT_STACK, &(struct rlimit){8 << 20, RLIM_INFINITY});
  signal(SIGPIPE, SIG_DFL);
  execve(words[0], words, variables);
  dprintf(2, "%s: %s\n", words[0], strerror(errno));
  _exit(127);
}

void start(uint32_t id, const char *payload, size_t length) {
  struct process *row = process_of(0);
  int in[2], out[2], err[2];
  if (!row || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) die("start");
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) become(payload, payload + length, in[0], out[1], err[1]);
  close(in[0]), close(out[1]), close(err[1]);
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  *row = (struct process){.id = id, .pid = pid, .in = in[1], .out = out[0], .err = err[0]};
  send_number(id, PID, pid);
}

static void drop_input(struct process *row) {
  if (row->in >= 0) close(row->in);
  free(row->queued);
  row->in = -1, row->queued = NULL, row->length = 0;
}

static void pour(struct process *row) {
  ssize_t done = row->length ? write(row->in, row->queued, row->length) : 0;
  if (done < 0 && errno != EAGAIN) return drop_input(row);
  if (done > 0) memmove(row->queued, row->queued + done, row->length -= done);
  if (!row->length && row->closing) drop_input(row);
}

void feed(struct process *row, const char *bytes, size_t length) {
  if (row->in < 0) return;
  char *room = realloc(row->queued, row->length + length);
  if (!room) die("standard input");
  memcpy(room + row->length, bytes, length);
  row->queued = room, row->length += length;
  pour(row);
}

void close_input(struct process *row) {
  row->closing = 1;
  if (row->in >= 0) pour(row);
}

void send_signal(struct process *row, const char *payload) {
  if (!row->ended) kill(atoi(payload), atoi(next(payload)));
}

static void drain(struct process *row, int *from, enum kind kind) {
  static char bytes[CHUNK];
  ssize_t length = read(*from, bytes, sizeof bytes);
  if (length > 0) send_frame(row->id, kind, bytes, length);
  else close(*from), *from = -1;
}

/* What it wrote comes before its end. A grandchild that keeps a pipe open does not hold that up: what is there is read. */
static void tell_end(struct process *row) {
  struct { int *fd; enum kind kind; } pipes[] = {{&row->out, OUT}, {&row->err, ERR}};
  for (int n = 0; n < 2; n++) {
    struct pollfd ready = {.fd = *pipes[n].fd, .events = POLLIN};
    while (*pipes[n].fd >= 0 && poll(&ready, 1, 0) > 0) drain(row, pipes[n].fd, pipes[n].kind);
    if (*pipes[n].fd >= 0) close(*pipes[n].fd);
  }
  drop_input(row);
  send_number(row->id, EXIT, row->status);
  row->id = 0;
}

/* Orphans end here too, being ours as the first process. */
static void reap(void) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    for (struct process *row = processes; row < processes + PROCESSES; row++)
      if (row->id && row->pid == pid) row->ended = 1, row->status = status;
  for (struct process *row = processes; row < processes + PROCESSES; row++)
    if (row->id && row->ended) tell_end(row);
}

int wait_for_something(void) {
  struct pollfd polled[2 + 3 * PROCESSES] = {{.fd = line, .events = POLLIN}, {.fd = child_ended[0], .events = POLLIN}};
  for (int n = 0; n < PROCESSES; n++) {
    struct process *row = &processes[n];
    polled[2 + 3 * n] = (struct pollfd){.fd = row->id ? row->out : -1, .events = POLLIN};
    polled[3 + 3 * n] = (struct pollfd){.fd = row->id ? row->err : -1, .events = POLLIN};
    polled[4 + 3 * n] = (struct pollfd){.fd = row->id && row->length ? row->in : -1, .events = POLLOUT};
  }
  if (poll(polled, 2 + 3 * PROCESSES, -1) < 0 && errno != EINTR) die("poll");
  for (int n = 0; n < PROCESSES; n++) {
    if (polled[2 + 3 * n].revents) drain(&processes[n], &processes[n].out, OUT);
    if (polled[3 + 3 * n].revents) drain(&processes[n], &processes[n].err, ERR);
    if (polled[4 + 3 * n].revents) pour(&processes[n]);
  }
  char byte;
  while (read(child_ended[0], &byte, 1) > 0);
  reap();
  return polled[0].revents != 0;
}
