/* hostile alone|thread|threads NEXT: a process that is to be frozen, and harms whoever freezes it. Its parent prints `pid N`, and how it ended.
 * The only system call that can be borrowed of it lies where NEXT, a copy of this file, has its function `win`.
 * SIGUSR1: starts a peer that shares its memory, and takes the peer's pid as its name.
 * SIGTERM: ends, if it is as it was.
 * The peer, SIGUSR1: what can be borrowed executes NEXT from now on, and its name becomes `acted`; SIGUSR2: the process executes NEXT,
 * in its first thread or in its last. (A signal to the process itself might wait for its tracer.)
 * hostile next: says who it is, waits for a line, and ends. */
#include "../targets/target.h"
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static volatile sig_atomic_t share, go, over, peer_listens;
static char *next, *arguments[] = {"hostile", "next", NULL}, *none[] = {NULL};
static char peer_stack[65536] __attribute__((aligned(64)));

/* Never called. */
__attribute__((noinline, used, aligned(4096))) static void win(void) {
  say("WIN\n");
  _exit(42);
}
__attribute__((used, aligned(4096))) static void after_win(void) {}

__attribute__((noinline)) static void execute(void) {
#ifdef __x86_64__
  __asm__ volatile("syscall" : : "a"(SYS_execve), "D"(next), "S"(arguments), "d"(none) : "memory", "rcx", "r11");
#else
  __asm__ volatile("int $0x80" : : "a"(SYS_execve), "b"(next), "c"(arguments), "d"(none) : "memory");
#endif
  _exit(99);
}

static void on_share(int signo) { (void)signo, share = 1; }
static void on_go(int signo) { (void)signo, go = 1; }
static void on_over(int signo) { (void)signo, over = 1; }

/* movabs $execute, %rax; jmp *%rax, or mov and jmp of 32 bits. */
static void on_act(int signo) {
  (void)signo;
  unsigned char code[16];
  size_t length = 0;
  if (sizeof(long) == 8) code[length++] = 0x48;
  code[length++] = 0xb8;
  void (*address)(void) = execute;
  memcpy(code + length, &address, sizeof address);
  length += sizeof address;
  memcpy(code + length, "\xff\xe0", 2);
  memcpy((void *)win, code, length + 2);
  prctl(PR_SET_NAME, "acted");
}

__attribute__((noreturn)) static int peer(void *unused) {
  (void)unused;
  signal(SIGUSR1, on_act), signal(SIGUSR2, on_go);
  peer_listens = 1;
  for (;;) pause();
}

static void start_peer(void) {
  char name[16];
  int pid = clone(peer, peer_stack + sizeof peer_stack, CLONE_VM | CLONE_PARENT | SIGCHLD, NULL);
  NEED(pid > 0);
  while (!peer_listens) usleep(100);
  snprintf(name, sizeof name, "%d", pid);
  prctl(PR_SET_NAME, name);
}

static void *idle(void *unused) {
  for (;;) pause();
  return unused;
}

static void *last(void *unused) {
  (void)unused;
  while (!go) usleep(200);
  execute();
  return NULL;
}

/* All code but the page of `win` comes last in a search, and there is memory wherever another program may have its stack. */
static void lie_in_wait(void) {
  NEED(mprotect((void *)win, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
  memcpy((void *)win, sizeof(long) == 8 ? "\x0f\x05\xc3" : "\xcd\x80\xc3", 3);
  unsigned long low = sizeof(long) == 8 ? 0x7ff800000000 : 0xff000000, high = sizeof(long) == 8 ? 0x7ffffffff000 : 0xffffe000, at = low;
  static struct { unsigned long start, end; int code; } maps[256];
  int count = 0;
  char line[512];
  FILE *file = fopen("/proc/self/maps", "r");
  NEED(file);
  for (; fgets(line, sizeof line, file); count++) {
    char x;
    NEED(sscanf(line, "%lx-%lx %*c%*c%c", &maps[count].start, &maps[count].end, &x) == 3);
    maps[count].code = x == 'x' && !strstr(line, "vsyscall");
  }
  fclose(file);
  for (int n = 0; n < count; n++) {
    if (maps[n].code && maps[n].start != (unsigned long)win) NEED(mprotect((void *)maps[n].start, maps[n].end - maps[n].start, PROT_EXEC) == 0);
    if (maps[n].end <= low || maps[n].start >= high) continue;
    if (maps[n].start > at)
      mmap((void *)at, maps[n].start - at, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    at = maps[n].end;
  }
}

static void target(int threads) {
  signal(SIGUSR1, on_share), signal(SIGTERM, on_over);
  pthread_t thread;
  for (int n = 2; n < threads; n++) NEED(pthread_create(&thread, NULL, idle, NULL) == 0);
  if (threads > 1) NEED(pthread_create(&thread, NULL, last, NULL) == 0);
  lie_in_wait();
  ready();
  for (; !over; usleep(200)) {
    if (share) share = 0, start_peer();
    if (go && threads == 1) execute();
  }
  say("unharmed\n");
  _exit(0);
}

int main(int argc, char **argv) {
  char text[64];
  if (argc == 2) {
    snprintf(text, sizeof text, "next euid %d\n", (int)geteuid());
    say(text);
    wait_for_go();
    say("unharmed\n");
    return 0;
  }
  close_range(3, ~0u, 0);
  next = argv[2];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pid_t pid = fork();
  NEED(pid >= 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    target(strcmp(argv[1], "alone") == 0 ? 1 : strcmp(argv[1], "thread") == 0 ? 2 : 4);
  }
  snprintf(text, sizeof text, "pid %d\n", pid);
  say(text);
  int status;
  while (waitpid(pid, &status, 0) != pid);
  snprintf(text, sizeof text, "ended %d\n", status);
  say(text);
  kill(0, SIGKILL); /* the peer too: they are a process group of their own */
}
