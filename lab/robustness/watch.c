/* watch [--apart|--apart-user|--apart-mount] [--leak] IN OUT PROGRAM ARGS…: is the parent of PROGRAM, and tells of every signal it gets and every change of its child's
 * that it can wait for. PROGRAM has IN as input, OUT as output and OUT.err as errors, a session of its own, and nothing else; with --leak also
 * an end of a pipe as 251, one of a pair of sockets as 252, in which a descriptor
 * waits, whose other ends watch has, and the file `leaked` as 253.
 * With --apart it is pid 1 of a pid namespace of its own, with --apart-user of a user namespace too, as root there; what was started is then its parent.
 * With --apart-mount it has a mount namespace of its own, where the working directory is another file system.
 * Lines: `child PID`, then `signal NUMBER CODE PID STATUS` and `event exited|killed|stopped|continued STATUS`. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int condition, const char *what) {
  if (condition) return;
  perror(what);
  _exit(126);
}

enum { LEAKED = 251 };

static const char *const NAMES[] = {[CLD_EXITED] = "exited", [CLD_KILLED] = "killed", [CLD_DUMPED] = "killed",
                                    [CLD_TRAPPED] = "trapped", [CLD_STOPPED] = "stopped", [CLD_CONTINUED] = "continued"};

/* A byte, and with it a descriptor. @source cmsg(3) */
static ssize_t send_descriptor(int socket, int fd) {
  char byte = 'x';
  union { struct cmsghdr header; char room[CMSG_SPACE(sizeof fd)]; } control = {.header = {.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
  struct iovec bytes = {&byte, 1};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  return sendmsg(socket, &message, 0);
}

static void write_to(const char *path, const char *text) {
  int fd = open(path, O_WRONLY);
  must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0, path);
}

/* Returns in the first process of a new pid namespace. */
static void be_init(int in_user_namespace) {
  char uids[64], gids[64];
  snprintf(uids, sizeof uids, "0 %d 1", geteuid());
  snprintf(gids, sizeof gids, "0 %d 1", getegid());
  must(unshare(CLONE_NEWPID | (in_user_namespace ? CLONE_NEWUSER : 0)) == 0, "unshare");
  if (in_user_namespace) {
    write_to("/proc/self/setgroups", "deny");
    write_to("/proc/self/uid_map", uids);
    write_to("/proc/self/gid_map", gids);
  }
  pid_t init = fork();
  must(init >= 0, "fork");
  if (init == 0) return;
  int status;
  must(waitpid(init, &status, 0) == init, "waitpid");
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

static void mount_here(void) {
  char here[PATH_MAX];
  must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "unshare");
  must(getcwd(here, sizeof here) && mount("watch", here, "tmpfs", 0, NULL) == 0 && chdir(here) == 0, "mount");
}

int main(int argc, char **argv) {
  int apart = argc > 1 && strncmp(argv[1], "--apart", 7) == 0;
  if (apart && strcmp(argv[1], "--apart-mount") == 0) mount_here();
  else if (apart) be_init(strcmp(argv[1], "--apart-user") == 0);
  argc -= apart, argv += apart;
  int leaks = argc > 1 && strcmp(argv[1], "--leak") == 0;
  argc -= leaks, argv += leaks;
  must(argc > 3, "usage: watch [--apart|--apart-user|--apart-mount] [--leak] IN OUT PROGRAM ARGS…");
  setvbuf(stdout, NULL, _IOLBF, 0);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  sigprocmask(SIG_BLOCK, &all, NULL);
  /* Whoever started us ends: so does the child. */
  must(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0, "PR_SET_PDEATHSIG");

  int ends[2], sockets[2], file = -1;
  if (leaks) {
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "a pipe, a pair of sockets");
    must(send_descriptor(sockets[1], ends[1]) == 1, "a descriptor that waits");
    must((file = open("leaked", O_RDWR | O_CREAT | O_APPEND, 0600)) >= 0, "leaked");
  }

  pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    char errors[PATH_MAX];
    snprintf(errors, sizeof errors, "%s.err", argv[2]);
    setsid();
    for (int fd = 0; fd < 3; fd++) close(fd);
    must(open(argv[1], O_RDWR) == 0, argv[1]);
    must(open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0600) == 1, argv[2]);
    must(open(errors, O_WRONLY | O_CREAT | O_APPEND, 0600) == 2, errors);
    if (leaks) must(dup2(ends[0], LEAKED) >= 0 && dup2(sockets[0], LEAKED + 1) >= 0 && dup2(file, LEAKED + 2) >= 0, "dup2");
    close_range(3, LEAKED - 1, 0);
    close_range(leaks ? LEAKED + 3 : LEAKED, ~0u, 0);
    for (int signo = 1; signo < 32; signo++) signal(signo, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(argv[3], argv + 3);
    must(0, argv[3]);
  }
  printf("child %d\n", child);

  for (;;) {
    siginfo_t info;
    must(sigwaitinfo(&all, &info) > 0, "sigwaitinfo");
    printf("signal %d %d %d %d\n", info.si_signo, info.si_code, info.si_pid, info.si_signo == SIGCHLD ? info.si_status : 0);
    if (info.si_signo == SIGTERM) kill(child, SIGKILL);
    for (;;) {
      memset(&info, 0, sizeof info);
      if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL) != 0) return 0;
      if (info.si_pid == 0) break;
      printf("event %s %d\n", NAMES[info.si_code], info.si_status);
    }
  }
}
