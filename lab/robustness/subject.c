/* subject KIND NAME [fast]: a process that does not want to be disturbed. It prints numbered lines that depend on nothing
 * but their number, checks itself all the time, and says `differs: …` at the first thing that is not as it should be.
 * SIGUSR2 ends it after the current line; `fast` leaves every wait out, so that a reference is quickly made.
 * NAME becomes its process name: whatever a freeze leaves behind bears it too. */
#include "../targets/target.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>

enum { MEMORY = 2 << 20, WORDS = MEMORY / 8, WINDOW = 16384 };

static int fast;
static volatile sig_atomic_t over, alarms, children, jobs, poked;
static volatile int sequence; /* of the real-time signals handled so far */
static uint64_t *memory;

static void on_over(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, over = 1; }
static void on_alarm(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, alarms++; }
static void on_child(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, children++; }
static void on_poke(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, poked++; }

static void on_sequence(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)context;
  CHECK(info->si_code == SI_USER || info->si_value.sival_int == sequence, "signal %d came where %d was due", info->si_value.sival_int, sequence);
  sequence++;
}

static uint64_t mix(uint64_t x) {
  x ^= x >> 33, x *= 0xff51afd7ed558ccdull, x ^= x >> 29, x *= 0xc4ceb9fe1a85ec53ull;
  return x ^ (x >> 32);
}

/* More live values than there are registers, integer and floating, for about a millisecond. */
__attribute__((noinline)) static uint64_t in_registers(uint64_t seed) {
  uint64_t a = seed, b = seed ^ 1, c = seed + 2, d = ~seed, e = seed * 3, f = seed << 1;
  double p = 1 + (double)(seed & 1023), q = 2, r = 3, s = 4;
  long double x = 1.25L + (seed & 7);
  for (int n = 0; n < 60000; n++) {
    a += b ^ (c >> 7), b = (b << 13 | b >> 51) + d, c ^= a * 5, d += e, e ^= f + a, f = f * 3 + (c & 0xff);
    p = p * 0.999 + q, q = q * 0.5 + r, r = r * 0.25 + s, s = s * 0.125 + (double)(a & 15);
    x = x * 0.75L + 1.5L;
  }
  uint64_t bits[4];
  memcpy(bits, (double[]){p, q, r, s}, sizeof bits);
  return mix(a ^ b ^ c ^ d ^ e ^ f ^ bits[0] ^ bits[1] ^ bits[2] ^ bits[3] ^ (uint64_t)(x * 1e6L));
}

static uint64_t in_memory(unsigned line) {
  static uint64_t sum;
  uint64_t *window = memory + (uint64_t)line * WINDOW % WORDS;
  for (int n = 0; n < WINDOW; n++) sum = sum * 31 + (window[n] = mix(window[n] + line + n));
  if (line % 16 == 0)
    for (int n = 0; n < WORDS; n++) sum = sum * 33 + memory[n];
  return sum;
}

/* Nobody has given it a child, and nobody may have stopped it. */
static void undisturbed(void) {
  siginfo_t info;
  CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD, "it has a child: %s", strerror(errno));
  CHECK(waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL) == -1, "it can wait for pid %d", info.si_pid);
  CHECK(children == 0, "it got %d SIGCHLD", (int)children);
}

static void timer(long us) {
  struct itimerval every = {{0, us}, {0, us}};
  NEED(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

static void wait_some(unsigned how, long us) {
  struct timespec span = {us / 1000000, us % 1000000 * 1000};
  struct timeval short_span = {us / 1000000, us % 1000000};
  double start = monotonic();
  int result = 0, wanted = 0, futex = 0;
  errno = 0;
  switch (how % 7) {
  case 0: result = nanosleep(&span, NULL); break;
  case 1: result = poll(NULL, 0, us / 1000); break;
  case 2: result = ppoll(NULL, 0, &span, NULL); break;
  case 3: result = select(0, NULL, NULL, NULL, &short_span); break;
  case 4: result = pselect(0, NULL, NULL, NULL, &span, NULL); break;
  case 5: result = syscall(SYS_futex, &futex, FUTEX_WAIT, 0, &span), result = errno == ETIMEDOUT ? 0 : -1; break;
  case 6: {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += us % 1000000 * 1000;
    at.tv_sec += us / 1000000 + at.tv_nsec / 1000000000, at.tv_nsec %= 1000000000;
    result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
  }
  }
  double took = monotonic() - start;
  int interrupted = over || poked; /* by a signal that is ours */
  CHECK(interrupted || result == wanted, "wait %u gave %d: %s", how % 7, result, strerror(errno));
  CHECK(interrupted || took >= us / 1e6, "wait %u took %.6f s of %.6f", how % 7, took, us / 1e6);
}

/* One line of work: everything that a freeze could disturb, and a line that tells whether it did. */
static void work_line(unsigned line) {
  char text[128];
  int before = alarms, sent = sequence;
  if (!fast) timer(700);
  uint64_t registers = in_registers(line + 1), stored = in_memory(line);
  /* To its own group, which is itself: a pid in a register would be another process's in an image. */
  for (int n = 0; n < 3; n++) NEED(kill(0, SIGRTMIN + 2) == 0);
  CHECK(sequence == sent + 3, "%d of 3 signals were handled", sequence - sent);
  if (!fast) {
    while (alarms == before && !over) in_registers(line);
    timer(0);
    undisturbed();
    wait_some(line, 3000);
  }
  snprintf(text, sizeof text, "%u %016llx %016llx %d\n", line, (unsigned long long)registers, (unsigned long long)stored, sequence);
  say(text);
}

__attribute__((noreturn)) static void end(unsigned lines) {
  undisturbed();
  stop(0, "ok %u\n", lines);
}

static void steady(unsigned lines) {
  unsigned line = 0;
  ready();
  while (!over && line != lines) work_line(line++);
  end(line);
}

/* Kinds that wait print `line N` for each thing that reaches them. */
static void count_line(void) {
  static unsigned line;
  char text[32];
  undisturbed();
  snprintf(text, sizeof text, "line %u\n", line++);
  say(text);
}

static void steady_kind(void) { steady(0xffffffffu); }

static void read_kind(void) {
  ready();
  for (;;) {
    char byte;
    ssize_t got = read(0, &byte, 1);
    if (over) end(0);
    CHECK(got == 1, "read gave %zd: %s", got, strerror(errno));
    count_line();
  }
}

static void poll_kind(void) {
  ready();
  for (;;) {
    struct pollfd input = {0, POLLIN, 0};
    int got = poll(&input, 1, -1);
    if (over) end(0);
    char byte;
    CHECK(got == 1 && read(0, &byte, 1) == 1, "poll gave %d: %s", got, strerror(errno));
    count_line();
  }
}

static void pause_kind(void) {
  sigset_t block, none;
  sigemptyset(&none);
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigaddset(&block, SIGUSR2);
  sigprocmask(SIG_BLOCK, &block, NULL);
  ready();
  for (int seen = 0;; seen++) {
    int got = sigsuspend(&none);
    if (over) end(0);
    CHECK(got == -1 && errno == EINTR && poked == seen + 1, "sigsuspend returned with %d signals after %d", poked, seen);
    count_line();
  }
}

/* In calls that a mere stop would end with EINTR. */
static void sigwait_kind(void) {
  sigset_t block;
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigaddset(&block, SIGUSR2);
  sigprocmask(SIG_BLOCK, &block, NULL);
  ready();
  for (;;) {
    int got = sigwaitinfo(&block, NULL);
    CHECK(got > 0, "sigwaitinfo: %s", strerror(errno));
    if (got == SIGUSR2) end(0);
    count_line();
  }
}

static int semaphore;
static const struct sembuf DOWN = {0, -1, 0}, UP = {0, 1, 0};
/* The wait may only be about to begin, which then finds the semaphore up. */
static void on_signal_up(int signo, siginfo_t *info, void *context) {
  (signo == SIGUSR2 ? on_over : on_poke)(signo, info, context);
  semop(semaphore, (struct sembuf *)&UP, 1);
}

static void semop_kind(void) {
  semaphore = semget(IPC_PRIVATE, 1, 0600);
  NEED(semaphore >= 0);
  catch_with(SIGUSR1, on_signal_up, 0);
  catch_with(SIGUSR2, on_signal_up, 0);
  ready();
  for (int seen = 0; !over;) {
    int got = semop(semaphore, (struct sembuf *)&DOWN, 1);
    CHECK(over || got == 0 || (errno == EINTR && poked > seen), "semop gave %d: %s", got, strerror(errno));
    for (; seen < poked; seen++) count_line();
  }
  semctl(semaphore, 0, IPC_RMID);
  end(0);
}

/* Sleeps forever in short sleeps, each of which must be as long as it was asked to be. */
static void sleep_kind(void) {
  ready();
  for (unsigned how = 0; !over; how++) {
    int before = poked;
    double start = monotonic();
    struct timespec span = {0, 20000000};
    int result = nanosleep(&span, NULL);
    double took = monotonic() - start;
    if (over) break;
    CHECK(result == 0 ? took >= 0.02 : errno == EINTR && poked != before, "nanosleep gave %d after %.6f s: %s", result, took, strerror(errno));
    for (; before < poked; before++) count_line();
  }
  end(0);
}

/* Nearly always inside the vdso. */
static void vdso_kind(void) {
  double last = 0;
  int seen = 0;
  ready();
  while (!over) {
    struct timespec now;
    struct timeval day;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && gettimeofday(&day, NULL) == 0, "the clock fails: %s", strerror(errno));
    double at = now.tv_sec + now.tv_nsec / 1e9;
    CHECK(at >= last && llabs((long long)day.tv_sec - time(NULL)) <= 1, "time went back from %f to %f", last, at);
    last = at;
    for (; seen < poked; seen++) count_line();
  }
  end(0);
}

/* Works in registers on whatever stack it is called on. */
static void compute_here(void) {
  uint64_t wanted = in_registers(7);
  for (int seen = 0; !over;) {
    char below[64];
    memset(below, 0x5a, sizeof below);
    uint64_t got = in_registers(7);
    CHECK(got == wanted, "registers gave %llx instead of %llx", (unsigned long long)got, (unsigned long long)wanted);
    CHECK(below[0] == 0x5a && below[63] == 0x5a, "the stack changed");
    for (; seen < poked; seen++) count_line();
  }
}

/* Above and below its frames lie values that must stay. */
static char *guarded;
enum { GUARDED = 64 << 10 };

static void on_altstack(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  ready();
  compute_here();
}

static void altstack_kind(void) {
  guarded = map_anon(3 * GUARDED);
  fill(guarded, 3 * GUARDED, 3);
  stack_t stack = {.ss_sp = guarded + GUARDED, .ss_size = GUARDED};
  NEED(sigaltstack(&stack, NULL) == 0);
  catch_with(SIGWINCH, on_altstack, SA_ONSTACK);
  raise(SIGWINCH);
  CHECK_FILLED(guarded, GUARDED, 3);
  for (size_t n = 2 * GUARDED; n < 3 * GUARDED; n++) CHECK((unsigned char)guarded[n] == pattern(n, 3), "byte %zu beside the signal stack changed", n);
  end(0);
}

/* Works where its stack was never deeper: nothing below the stack pointer is mapped but the rest of its page. */
__attribute__((noinline)) static uint64_t deep(unsigned depth, void (*bottom)(void)) {
  volatile uint64_t frame[30];
  for (int n = 0; n < 30; n++) frame[n] = mix(depth * 64 + n);
  uint64_t sum = depth ? deep(depth - 1, bottom) : (bottom(), 0);
  for (int n = 0; n < 30; n++) CHECK(frame[n] == mix(depth * 64 + n), "the stack changed at depth %u", depth);
  return sum + 1;
}

static void deep_bottom(void) {
  ready();
  compute_here();
}

static void deep_kind(void) {
  uint64_t sum = deep(2500, deep_bottom);
  CHECK(sum == 2501, "came back from %llu levels", (unsigned long long)sum);
  end(0);
}

/* On a stack of its own, with live neighbours on both sides and no room to spare below. */
static ucontext_t main_context, other_context;
static void other(void) {
  ready();
  compute_here();
}

static void coroutine_kind(void) {
  enum { ROOM = 16384 };
  guarded = map_anon(3 * ROOM);
  fill(guarded, 3 * ROOM, 5);
  NEED(getcontext(&other_context) == 0);
  other_context.uc_stack.ss_sp = guarded + ROOM;
  other_context.uc_stack.ss_size = ROOM;
  other_context.uc_link = &main_context;
  makecontext(&other_context, other, 0);
  NEED(swapcontext(&main_context, &other_context) == 0);
  CHECK_FILLED(guarded, ROOM, 5);
  for (size_t n = 2 * ROOM; n < 3 * ROOM; n++) CHECK((unsigned char)guarded[n] == pattern(n, 5), "byte %zu beside the coroutine's stack changed", n);
  end(0);
}

/* Counts real-time signals that bear numbers, and says how many when poked. */
static void storm_kind(void) {
  sigset_t all, none;
  sigemptyset(&none);
  sigfillset(&all);
  ready();
  for (int seen = 0; !over;) {
    in_registers(1);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (; seen < poked; seen++) {
      char text[32];
      snprintf(text, sizeof text, "got %d\n", sequence);
      say(text);
      undisturbed();
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
  }
  end(0);
}

static void *works(void *unused) {
  (void)unused;
  for (uint64_t wanted = in_registers(7);;) {
    uint64_t got = in_registers(7);
    CHECK(got == wanted, "registers gave %llx instead of %llx", (unsigned long long)got, (unsigned long long)wanted);
    usleep(1000);
  }
}

static void *sleeps(void *unused) {
  (void)unused;
  for (;;) {
    struct timespec span = {0, 5000000};
    double start = monotonic();
    int result = nanosleep(&span, NULL);
    double took = monotonic() - start;
    CHECK(result == 0 && took >= 0.005, "nanosleep gave %d after %.6f s: %s", result, took, strerror(errno));
  }
}

/* Two of them take turns. */
static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static unsigned long turn;
static void *alternates(void *side) {
  for (unsigned long own = (unsigned long)side;; own += 2) {
    pthread_mutex_lock(&turn_lock);
    while (turn != own) pthread_cond_wait(&turn_changed, &turn_lock);
    turn++;
    pthread_cond_signal(&turn_changed);
    pthread_mutex_unlock(&turn_lock);
    usleep(1000);
  }
}

static void *returns(void *value) { return value; }
static void *starts(void *unused) {
  (void)unused;
  for (unsigned long n = 1;; n++) {
    pthread_t thread;
    void *returned = NULL;
    NEED(pthread_create(&thread, NULL, returns, (void *)n) == 0);
    NEED(pthread_join(thread, &returned) == 0);
    CHECK(returned == (void *)n, "a thread returned %p instead of %lu", returned, n);
    usleep(1000);
  }
}

/* The same number leads to one file and to another. */
static void *opens(void *unused) {
  (void)unused;
  for (unsigned n = 0;; n++) {
    int fd = open(n % 2 ? "/proc/self/exe" : "/dev/zero", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && close(fd) == 0, "open gave %d: %s", fd, strerror(errno));
    if (n % 64 == 0) usleep(1000);
  }
}

/* Its other threads work, sleep, take turns, start and end, open files; the first waits for signals, which the others block. */
static void threads_kind(void) {
  static void *(*const RUN[])(void *) = {works, sleeps, alternates, alternates, starts, opens};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned long n = 0; n < sizeof RUN / sizeof *RUN; n++) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, RUN[n], (void *)(n & 1)) == 0);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pause_kind();
}

/* One long wait, by argument; says how long it took. */
static int long_wait(const char *how) {
  enum { US = 10000000 };
  ready();
  double start = monotonic();
  wait_some((unsigned)atoi(how), US);
  double took = monotonic() - start;
  /* A wait that began anew would take 0.9 s longer at least. */
  CHECK(took < US / 1e6 + 0.8, "a wait of %.1f s took %.3f s", US / 1e6, took);
  end(0);
}

static const struct {
  const char *name;
  void (*run)(void);
} KINDS[] = {
  {"steady", steady_kind}, {"read", read_kind}, {"poll", poll_kind}, {"pause", pause_kind}, {"sleep", sleep_kind}, {"vdso", vdso_kind},
  {"altstack", altstack_kind}, {"deep", deep_kind}, {"coroutine", coroutine_kind}, {"storm", storm_kind},
  {"sigwait", sigwait_kind}, {"semop", semop_kind}, {"threads", threads_kind},
};

int main(int argc, char **argv) {
  NEED(argc >= 3);
  NEED(prctl(PR_SET_NAME, argv[2]) == 0);
  NEED(getpgrp() == getpid() || setpgid(0, 0) == 0); /* for signals to itself */
  memory = map_anon(MEMORY);
  for (int n = 0; n < WORDS; n++) memory[n] = mix(n);
  catch_with(SIGUSR1, on_poke, 0);
  catch_with(SIGUSR2, on_over, 0);
  catch_with(SIGALRM, on_alarm, SA_RESTART);
  catch_with(SIGCHLD, on_child, 0);
  catch_with(SIGRTMIN + 2, on_sequence, SA_RESTART);
  if (argc == 4 && strcmp(argv[1], "wait") == 0) return long_wait(argv[3]);
  if (argc == 4) {
    fast = 1;
    steady((unsigned)atoi(argv[3]));
  }
  for (size_t n = 0; n < sizeof KINDS / sizeof *KINDS; n++)
    if (strcmp(KINDS[n].name, argv[1]) == 0) KINDS[n].run();
  return 64;
}
