/* holds WHAT NAME: holds one thing that an image cannot carry, says `ready`, and prints a line for each SIGUSR1. */
#include "../targets/target.h"
#include <arpa/inet.h>
#include <asm/ldt.h>
#include <glob.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sched.h>

static volatile sig_atomic_t poked, over;
static pid_t helper;
static int segment = -1; /* outlives the process until it is removed */

static void on_poke(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, poked++; }
static void on_over(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, over = 1; }
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static volatile uint32_t *volatile other_width_begun;

/* Goes on in code of the other width than this program's: an endless loop, which says that it has begun. */
static void run_other_width(void) {
  unsigned char *page = mmap(NULL, PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  NEED(page != MAP_FAILED);
  unsigned char code[] = {0x36, 0xc7, 5, 0, 0, 0, 0, 1, 0, 0, 0, 0xf3, 0x90, 0xeb, 0xfc}; /* movl $1, %ss:begun; 1: pause; jmp 1b */
#ifdef __x86_64__
  uint32_t begun = (uint32_t)(uintptr_t)page + 64;
#else
  uint32_t begun = 64 - 11; /* relative to the next instruction */
#endif
  memcpy(code + 3, &begun, sizeof begun);
  memcpy(page, code, sizeof code);
  other_width_begun = (volatile uint32_t *)(page + 64);
#ifdef __x86_64__
  __asm__ volatile("pushq $0x23; pushq %0; lretq" : : "r"(page) : "memory");
#else
  __asm__ volatile("pushl $0x33; pushl %0; lret" : : "r"(page) : "memory");
#endif
}

/* A POSIX timer for the calling thread only. */
static void own_timer(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM, ._sigev_un._tid = (pid_t)syscall(SYS_gettid)};
  NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
}

/* The calling thread may make no block devices any more. */
static int restrict_by_landlock(void) {
  struct landlock_ruleset_attr attributes = {.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK};
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  NEED(ruleset >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  int error = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(ruleset);
  return error;
}

/* A thread that has something to itself, and then waits for ever, or ends. */
static void *thread(void *what) {
  if (strcmp(what, "other-width") == 0) run_other_width();
  if (strcmp(what, "unshared-thread") == 0) NEED(unshare(CLONE_FS) == 0);
  if (strcmp(what, "ids-thread") == 0) NEED(syscall(SYS_setresuid, 65534, 65534, 65534) == 0);
  if (strcmp(what, "namespace-thread") == 0) NEED(unshare(CLONE_NEWUTS) == 0);
  if (strcmp(what, "landlock-thread") == 0) NEED(restrict_by_landlock() == 0);
  int ends = strcmp(what, "timer-ended-thread") == 0;
  if (ends) own_timer();
  pthread_mutex_unlock(&held);
  if (ends) return NULL;
  for (;;) pause();
}

/* All signals blocked, so that they are the first thread's. */
static int start_thread(const char *what) {
  sigset_t all, before;
  pthread_t id;
  sigfillset(&all), sigprocmask(SIG_SETMASK, &all, &before);
  pthread_mutex_lock(&held);
  int error = pthread_create(&id, NULL, thread, (void *)what);
  if (strcmp(what, "other-width") == 0)
    while (!other_width_begun || !*other_width_begun) sched_yield();
  else pthread_mutex_lock(&held); /* until the thread has it */
  sigprocmask(SIG_SETMASK, &before, NULL);
  return -error;
}

static int shared, told[2];

static int sharer(void *unused) {
  (void)unused;
  if (!(shared & CLONE_FILES)) close(told[0]), close(told[1]);
  prctl(PR_SET_NAME, "stranger");
  alarm(60);
  for (;;) pause();
  return 0;
}

static int sharers_parent(void *unused) {
  (void)unused;
  static char stack[16384] __attribute__((aligned(16)));
  pid_t pid = clone(sharer, stack + sizeof stack, shared | SIGCHLD, NULL);
  _exit(write(told[1], &pid, sizeof pid) == sizeof pid ? 0 : 1);
}

/* A stranger that has something together with us, CLONE_*, and is nobody's child here. */
static pid_t sharing(int flags) {
  static char stack[16384] __attribute__((aligned(16)));
  pid_t stranger;
  shared = flags;
  NEED(pipe(told) == 0);
  pid_t child = clone(sharers_parent, stack + sizeof stack, flags | SIGCHLD, NULL);
  NEED(child > 0 && read(told[0], &stranger, sizeof stranger) == sizeof stranger && waitpid(child, NULL, 0) == child);
  close(told[0]), close(told[1]);
  return stranger;
}

/* A stranger that holds what we hold: a grandchild of its own name. It ends by itself if we are killed. */
static pid_t sleeper(void) {
  volatile pid_t *pid = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child = fork();
  if (child == 0) {
    pid_t stranger = fork();
    if (stranger != 0) {
      *pid = stranger;
      _exit(0);
    }
    munmap((void *)pid, PAGE);
    prctl(PR_SET_NAME, "stranger");
    alarm(60);
    for (;;) pause();
  }
  waitpid(child, NULL, 0);
  pid_t stranger = *pid;
  munmap((void *)pid, PAGE);
  return stranger;
}

/* A server's socket to which a connection waits that has ended by now. */
static int waited_for(void) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof own;
  int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
  NEED(bind(server, (void *)&own, size) == 0 && listen(server, 1) == 0 && getsockname(server, (void *)&own, &size) == 0);
  NEED(connect(client, (void *)&own, size) == 0 && close(client) == 0);
  return server;
}

/* A UDP socket in which its own datagram waits. */
static int written_to(void) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof own;
  int udp = socket(AF_INET, SOCK_DGRAM, 0);
  NEED(bind(udp, (void *)&own, size) == 0 && getsockname(udp, (void *)&own, &size) == 0 && sendto(udp, "x", 1, 0, (void *)&own, size) == 1);
  return udp;
}

/* The first part of a datagram, which is sent with its last. */
static ssize_t send_begun(int udp) {
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  NEED(getsockname(udp, (void *)&own, &size) == 0);
  return sendto(udp, "x", 1, MSG_MORE, (void *)&own, size);
}

/* One end of a pair in which a descriptor waits. */
static int handed_over(void) {
  int pair[2];
  char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec bytes = {&byte, 1};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof(int));
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  memcpy(CMSG_DATA(head), &pair[0], sizeof(int));
  NEED(sendmsg(pair[1], &message, 0) == 1);
  return pair[0];
}

static int filtered(unsigned short length) {
  struct sock_filter all[length];
  struct sock_fprog program = {length, all};
  for (int n = 0; n < length; n++) all[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, -1);
  int udp = socket(AF_INET, SOCK_DGRAM, 0);
  NEED(setsockopt(udp, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
  return udp;
}

/* By a program of extended BPF, of which the kernel reports nothing. */
static int filtered_by_ebpf(void) {
  struct bpf_insn all[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1}, {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2, .insns = (uintptr_t)all, .license = (uintptr_t) "GPL"};
  int udp = socket(AF_INET, SOCK_DGRAM, 0), program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
  NEED(program >= 0 && setsockopt(udp, SOL_SOCKET, 50 /* SO_ATTACH_BPF */, &program, sizeof program) == 0);
  close(program);
  return udp;
}

/* A child that ends with us, or has ended and is not waited for. */
static pid_t child(int ends) {
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (!ends) pause();
    _exit(0);
  }
  siginfo_t info;
  NEED(!ends || waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
  return pid;
}

/* Memory that is on a PCI card: of the first that has any. */
static void *memory_of_a_card(void) {
  glob_t cards;
  void *memory = MAP_FAILED;
  NEED(glob("/sys/bus/pci/devices/*/resource[0-5]", 0, NULL, &cards) == 0);
  for (size_t n = 0; n < cards.gl_pathc && memory == MAP_FAILED; n++) {
    int fd = open(cards.gl_pathv[n], O_RDWR);
    memory = mmap(NULL, PAGE, 3, MAP_SHARED, fd, 0);
    close(fd);
  }
  return memory;
}

/* From here on the processor keeps return addresses twice; so this, like all that was called before, must not return by `ret`. */
static inline __attribute__((always_inline)) long begin_shadow_stack(void) {
  long result = -1;
#ifdef __x86_64__
  __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_arch_prctl), "D"(0x5001 /* ARCH_SHSTK_ENABLE */), "S"(1 /* ARCH_SHSTK_SHSTK */) : "rcx", "r11", "memory");
#endif
  return result;
}

static int named_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(fd >= 0 && bind(fd, (void *)&address, sizeof address) == 0);
  return fd;
}

static void hold(const char *what) {
  int pair[2], fd = 99;
  void *memory = NULL;
#define IS(name) (strcmp(what, name) == 0)
  if (IS("nothing")) fd = 0;
  else if (IS("inotify")) { fd = inotify_init(); NEED(inotify_add_watch(fd, ".", IN_ATTRIB) == 1 && utimensat(AT_FDCWD, ".", NULL, 0) == 0); }
  else if (IS("memfd-foreign")) { fd = memfd_create("held", 0); NEED((helper = sleeper()) > 0); }
  else if (IS("memfd-huge")) fd = memfd_create("huge", MFD_HUGETLB);
  else if (IS("deleted-foreign")) { fd = open("deleted", O_RDWR | O_CREAT, 0600); NEED(unlink("deleted") == 0 && (helper = sleeper()) > 0); }
  else if (IS("deleted-directory")) { NEED(mkdir("deleted", 0700) == 0); fd = open("deleted", O_RDONLY | O_DIRECTORY); NEED(rmdir("deleted") == 0); }
  else if (IS("memory-shared")) NEED((helper = sharing(CLONE_VM)) > 0);
  else if (IS("descriptors-shared")) NEED((helper = sharing(CLONE_FILES)) > 0);
  else if (IS("directory-shared")) NEED((helper = sharing(CLONE_FS)) > 0);
  else if (IS("aio")) { unsigned long context = 0; fd = syscall(SYS_io_setup, 1, &context); }
  else if (IS("pipe-foreign")) { NEED(pipe(pair) == 0); fd = pair[0]; NEED((helper = sleeper()) > 0); close(pair[1]); }
  else if (IS("async-foreign")) { NEED(pipe(pair) == 0); fd = pair[0]; NEED(fcntl(fd, F_SETOWN, getppid()) == 0 && fcntl(fd, F_SETFL, O_ASYNC) == 0); }
  else if (IS("pty-waiting")) { fd = posix_openpt(O_RDWR | O_NOCTTY); NEED(unlockpt(fd) == 0 && (pair[1] = open(ptsname(fd), O_RDWR | O_NOCTTY)) >= 0 && write(fd, "line\n", 5) == 5); }
  else if (IS("pty-foreign")) { fd = posix_openpt(O_RDWR | O_NOCTTY); NEED(unlockpt(fd) == 0 && (helper = sleeper()) > 0); }
  else if (IS("pts-only")) { pair[0] = posix_openpt(O_RDWR | O_NOCTTY); NEED(unlockpt(pair[0]) == 0 && (pair[1] = open(ptsname(pair[0]), O_RDWR | O_NOCTTY)) >= 0 && (helper = sleeper()) > 0); fd = dup2(pair[1], pair[0]); close(pair[1]); }
  else if (IS("unix-peer-foreign")) { NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0); fd = pair[0]; NEED((helper = sleeper()) > 0); close(pair[1]); }
  else if (IS("unix-path-taken")) { fd = named_socket("socket"); NEED(unlink("socket") == 0 && close(open("socket", O_CREAT | O_RDWR, 0600)) == 0); }
  else if (IS("unix-path-taken-by-socket")) { fd = named_socket("socket"); NEED(unlink("socket") == 0 && close(named_socket("socket")) == 0); }
  else if (IS("unix-path-renamed")) { fd = named_socket("socket"); NEED(rename("socket", "renamed") == 0); }
  else if (IS("unix-directory-gone")) { NEED(mkdir("below", 0700) == 0); fd = named_socket("below/socket"); NEED(unlink("below/socket") == 0 && rmdir("below") == 0); }
  else if (IS("socket-foreign")) { fd = socket(AF_INET, SOCK_STREAM, 0); NEED((helper = sleeper()) > 0); }
  else if (IS("socket-error")) {
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    NEED(connect(fd, (void *)&nobody, sizeof nobody) == 0 && send(fd, "x", 1, 0) == 1);
  }
  else if (IS("fifo-foreign")) { NEED(mkfifo("fifo", 0600) == 0); fd = open("fifo", O_RDWR); NEED((helper = sleeper()) > 0); }
  else if (IS("procfs-foreign")) { char path[32]; snprintf(path, sizeof path, "/proc/%d/stat", getppid()); fd = open(path, O_RDONLY); }
  else if (IS("message-queue")) { fd = mq_open("/elfreeze-held", O_RDWR | O_CREAT, 0600, NULL); NEED(mq_unlink("/elfreeze-held") == 0); }
  else if (IS("alarm-clock")) fd = timerfd_create(CLOCK_BOOTTIME_ALARM, 0);
  else if (IS("userfault-memory")) {
    struct uffdio_api api = {.api = UFFD_API};
    memory = map_anon(PAGE);
    struct uffdio_register wanted = {.range = {(uintptr_t)memory, PAGE}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    fd = syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
    NEED(ioctl(fd, UFFDIO_API, &api) == 0 && ioctl(fd, UFFDIO_REGISTER, &wanted) == 0);
  }
  else if (IS("lease")) { fd = open("leased", O_RDWR | O_CREAT, 0600); NEED(fcntl(fd, F_SETLEASE, F_WRLCK) == 0); }
  else if (IS("connection-waiting")) fd = waited_for();
  else if (IS("datagram-waiting")) fd = written_to();
  else if (IS("descriptor-waiting")) fd = handed_over();
  else if (IS("packet-filter")) fd = filtered(1);
  else if (IS("packet-filter-long")) fd = filtered(200);
  else if (IS("packet-filter-ebpf")) fd = filtered_by_ebpf();
  else if (IS("datagram-begun")) { fd = written_to(); char got; NEED(read(fd, &got, 1) == 1 && send_begun(fd) == 1); }
  else if (IS("netlink")) fd = socket(AF_NETLINK, SOCK_RAW, 0);
  else if (IS("kernel-log")) fd = open("/dev/kmsg", O_RDONLY);
  else if (IS("deleted-procfs")) { char path[32]; pid_t ended = child(1); snprintf(path, sizeof path, "/proc/%d/stat", ended); fd = open(path, O_RDONLY); NEED(waitpid(ended, NULL, 0) == ended); }
  else if (IS("child")) fd = child(0);
  else if (IS("child-ended")) fd = child(1);
  else if (IS("io-uring")) { struct io_uring_params parameters = {0}; fd = (int)syscall(SYS_io_uring_setup, 1, &parameters); }
  else if (IS("fanotify")) fd = (int)syscall(SYS_fanotify_init, 0x200 /* FAN_REPORT_FID */, O_RDONLY);
  else if (IS("pidfd")) fd = syscall(SYS_pidfd_open, getpid(), 0);
  else if (IS("timer-alarm")) { timer_t timer; fd = timer_create(CLOCK_BOOTTIME_ALARM, NULL, &timer); }
  else if (IS("timer-other-process")) { timer_t timer; clockid_t clock; NEED((helper = sleeper()) > 0 && clock_getcpuclockid(helper, &clock) == 0); fd = timer_create(clock, NULL, &timer); }
  else if (IS("timer-high-id")) { timer_t timer = (timer_t)1000001; NEED(prctl(77 /* PR_TIMER_CREATE_RESTORE_IDS */, 1) == 0); fd = syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer); }
  else if (IS("timer-ended-thread")) { struct stat task; fd = start_thread(what); while (stat("/proc/self/task", &task) == 0 && task.st_nlink > 3) sched_yield(); }
  else if (IS("timer-thread-time")) { timer_t timer; fd = timer_create(CLOCK_THREAD_CPUTIME_ID, NULL, &timer); NEED(start_thread(what) == 0); }
  else if (IS("seccomp")) {
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, allow};
    fd = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) : -1;
  }
  else if (IS("dispatch")) { static char selector; fd = prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0, &selector); }
  else if (IS("ldt")) { struct user_desc segment = {.limit = 1, .useable = 1}; fd = syscall(SYS_modify_ldt, 1, &segment, sizeof segment); }
  else if (IS("landlock")) fd = restrict_by_landlock();
  else if (IS("unshared-thread") || IS("landlock-thread") || IS("ids-thread") || IS("namespace-thread") || IS("first-thread-gone") || IS("other-width")) fd = start_thread(what);
  else if (IS("realtime")) { struct sched_param seven = {.sched_priority = 7}; fd = sched_setscheduler(0, SCHED_FIFO, &seven); }
  else if (IS("deadline")) { struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; } attr = {48, 6, 0, 0, 0, 1000000, 100000000, 100000000}; fd = syscall(SYS_sched_setattr, 0, &attr, 0); }
  else if (IS("ids-apart")) fd = setresuid(0, 65534, 0);
  else if (IS("more-capabilities")) { NEED(prctl(PR_SET_KEEPCAPS, 1) == 0); fd = setresuid(65534, 65534, 65534); }
  else if (IS("fewer-capabilities")) { uint32_t header[] = {0x20080522, 0}, sets[6] = {0}; fd = syscall(SYS_capset, header, sets); }
  else if (IS("chroot")) { NEED(mkdir("inside", 0700) == 0); fd = chroot("inside"); }
  else if (IS("memfd-mapping-foreign")) { fd = memfd_create("mapped", 0); NEED(ftruncate(fd, PAGE) == 0); memory = mmap(NULL, PAGE, 3, MAP_SHARED, fd, 0); close(fd); NEED((helper = sleeper()) > 0); }
  else if (IS("sysv-kept")) { fd = shmget(IPC_PRIVATE, PAGE, 0600); memory = shmat(fd, NULL, 0); segment = fd; }
  else if (IS("sysv-foreign")) { fd = shmget(IPC_PRIVATE, PAGE, 0600); memory = shmat(fd, NULL, 0); NEED(shmctl(fd, IPC_RMID, NULL) == 0 && (helper = sleeper()) > 0); }
  else if (IS("sysv-part")) { fd = shmget(IPC_PRIVATE, 2 * PAGE, 0600); memory = shmat(fd, NULL, 0); NEED(shmctl(fd, IPC_RMID, NULL) == 0 && munmap(memory, PAGE) == 0); }
  else if (IS("namespace-foreign")) { fd = open("/proc/self/ns/uts", O_RDONLY); NEED(unshare(CLONE_NEWUTS) == 0); }
  else if (IS("pid-namespace")) fd = unshare(CLONE_NEWPID);
  else if (IS("tracer")) { NEED((helper = sleeper()) > 0); fd = (int)ptrace(PTRACE_SEIZE, helper, 0, 0); }
  else if (IS("directory-signals")) { fd = open(".", O_RDONLY | O_DIRECTORY); NEED(fcntl(fd, F_NOTIFY, DN_CREATE) == 0); }
  else if (IS("pty-exclusive")) { fd = posix_openpt(O_RDWR | O_NOCTTY); NEED(unlockpt(fd) == 0 && (pair[1] = open(ptsname(fd), O_RDWR | O_NOCTTY)) >= 0 && ioctl(pair[1], TIOCEXCL) == 0); }
  else if (IS("pty-discipline")) { int null = 27 /* N_NULL */; fd = posix_openpt(O_RDWR | O_NOCTTY); NEED(unlockpt(fd) == 0 && (pair[1] = open(ptsname(fd), O_RDWR | O_NOCTTY)) >= 0 && ioctl(pair[1], TIOCSETD, &null) == 0); }
  else if (IS("epoll-parameters")) { uint32_t parameters[] = {7, 8}; fd = epoll_create1(0); NEED(ioctl(fd, 0x40088a01 /* EPIOCSPARAMS */, parameters) == 0); }
  else if (IS("urgent-byte")) { NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && send(pair[1], "x", 1, MSG_OOB) == 1); fd = pair[0]; }
  else if (IS("secret-memory")) { fd = (int)syscall(447 /* memfd_secret */, 0); NEED(fd >= 0 && ftruncate(fd, PAGE) == 0); memory = mmap(NULL, PAGE, 3, MAP_SHARED, fd, 0); close(fd); }
  else if (IS("secret-file")) fd = (int)syscall(447, 0);
  else if (IS("protection-key-memory")) { int key = pkey_alloc(0, PKEY_DISABLE_ACCESS); memory = map_anon(PAGE); fd = pkey_mprotect(memory, PAGE, 3, key); }
  else if (IS("protection-key")) fd = pkey_alloc(0, 0);
  else if (IS("shared-foreign")) { memory = mmap(NULL, PAGE, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0); NEED((helper = sleeper()) > 0); }
  else if (IS("hugetlb-mapping")) memory = mmap(NULL, 2 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);
  else if (IS("device-memory")) memory = memory_of_a_card();
  else if (IS("extensible")) { struct sched_param zero = {0}; fd = sched_setscheduler(0, 7 /* SCHED_EXT */, &zero); }
#ifdef __x86_64__
  else if (IS("high-memory")) { void *high = (void *)(1ul << 50); memory = mmap(high, PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); NEED(memory == high); memset(memory, 1, PAGE); }
#endif
  else if (IS("userfaultfd")) fd = syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
  else _exit(64);
  NEED(fd >= 0 && memory != MAP_FAILED);
}

int main(int argc, char **argv) {
  NEED(argc == 3);
  NEED(prctl(PR_SET_NAME, argv[2]) == 0);
  catch_with(SIGUSR1, on_poke, 0);
  catch_with(SIGUSR2, on_over, 0);
  sigset_t block, none;
  sigemptyset(&none), sigemptyset(&block), sigaddset(&block, SIGUSR1), sigaddset(&block, SIGUSR2);
  if (strcmp(argv[1], "shadow-stack") == 0) NEED(begin_shadow_stack() == 0);
  else hold(argv[1]);
  sigprocmask(SIG_BLOCK, &block, NULL);
  ready();
  if (strcmp(argv[1], "first-thread-gone") == 0) pthread_exit(NULL);
  for (int line = 0; !over; line++) {
    CHECK(sigsuspend(&none) == -1 && errno == EINTR, "sigsuspend returned");
    CHECK(over || poked == line + 1, "%d signals after %d", poked, line);
    char text[32];
    snprintf(text, sizeof text, "line %d\n", line);
    if (!over) say(text);
  }
  if (helper) kill(helper, SIGKILL);
  if (segment >= 0) shmctl(segment, IPC_RMID, NULL);
  ok();
  exit(0); /* main has no return address on a shadow stack that begins in it */
}
