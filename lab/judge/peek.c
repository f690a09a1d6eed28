/* The lab's own look at what only ptrace tells of a process (of both architectures): prints one JSON object for its first thread,
 * with those of the others in it. Each goes on as it was; a stopped one stays stopped. Nothing is injected.
 * With a range of memory it writes its pages instead: a 1 and the bytes, or a 0 where there are none to read. A kernel may let
 * only who traces a process read what that itself may not. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/ptrace.h and elf.h: not every libc's sys/ptrace.h has the newer ones, and the two cannot be included together */
#define PEEK_SEIZE ((enum __ptrace_request)0x4206)
#define PEEK_INTERRUPT ((enum __ptrace_request)0x4207)
#define PEEK_SIGINFO ((enum __ptrace_request)0x4209)
#define PEEK_SIGMASK ((enum __ptrace_request)0x420a)
#define PEEK_RSEQ ((enum __ptrace_request)0x420f)
enum { PEEK_SHARED = 1, NOTE_PRSTATUS = 1, NOTE_I386_TLS = 0x200, NOTE_XSTATE = 0x202 };
struct peek_siginfo { uint64_t offset; uint32_t flags; int32_t count; };
struct rseq_configuration { uint64_t pointer; uint32_t size, signature, flags, pad; };

static pid_t pid; /* of the thread that is being looked at */

static void die(const char *what) {
  fprintf(stderr, "peek: %s of %d: %s\n", what, pid, strerror(errno));
  exit(1);
}

static void print_hex(const unsigned char *bytes, size_t length) {
  putchar('"');
  for (size_t at = 0; at < length; at++) printf("%02x", bytes[at]);
  putchar('"');
}

static size_t regset(int note, void *into, size_t room) {
  struct iovec part = {into, room};
  return ptrace(PTRACE_GETREGSET, pid, note, &part) == 0 ? part.iov_len : 0;
}

/* user_regs_struct, both of them. @source arch/x86/include/asm/user_64.h, user_32.h */
static const char *const NAMES_64[27] = {"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi",
  "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"};
static const char *const NAMES_32[17] = {"ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "ds", "es", "fs", "gs", "orig_eax", "eip", "cs",
  "eflags", "esp", "ss"};

static int print_registers(void) {
  union { uint64_t wide[27]; uint32_t narrow[17]; } registers;
  size_t length = regset(NOTE_PRSTATUS, &registers, sizeof registers);
  int wide = length == sizeof registers.wide;
  if (!wide && length != sizeof registers.narrow) die("registers");
  printf("\"arch\":\"%s\",\"registers\":{", wide ? "x86-64" : "i386");
  for (int n = 0; n < (wide ? 27 : 17); n++)
    printf("%s\"%s\":\"0x%llx\"", n ? "," : "", wide ? NAMES_64[n] : NAMES_32[n],
           wide ? (unsigned long long)registers.wide[n] : (unsigned long long)registers.narrow[n]);
  printf("}");
  return wide;
}

/* The components of the standard XSAVE format: where CPUID leaf 0xD says they are. */
static void print_xstate(void) {
  static unsigned char bytes[16384];
  size_t length = regset(NOTE_XSTATE, bytes, sizeof bytes);
  if (!length) die("xstate");
  printf(",\"xstate\":");
  print_hex(bytes, length);
  printf(",\"components\":[");
  for (unsigned bit = 2, first = 1; bit < 63; bit++) {
    unsigned size, offset, flags, unused;
    __cpuid_count(0xd, bit, size, offset, flags, unused);
    if (!size || (flags & 1) || offset + size > length) continue;
    printf("%s{\"bit\":%u,\"offset\":%u,\"size\":%u}", first ? "" : ",", bit, offset, size), first = 0;
  }
  printf("]");
}

static void print_queue(const char *name, uint32_t flags) {
  printf("%s\"%s\":[", flags ? "," : "", name);
  for (uint64_t at = 0;; at++) {
    struct peek_siginfo wanted = {at, flags, 1};
    unsigned char info[128];
    long got = ptrace(PEEK_SIGINFO, pid, &wanted, info);
    if (got < 0) die("pending signals");
    if (got == 0) break;
    /* si_sys_private, which no program sees */
    if (((int *)info)[2] == SI_TIMER) memset(info + offsetof(siginfo_t, si_value) + sizeof(union sigval), 0, 4);
    if (at) putchar(',');
    print_hex(info, sizeof info);
  }
  printf("]");
}

/* What other threads of it may have otherwise: its name in hex, and when it runs. */
static void print_settings(void) {
  char path[64], name[64];
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  FILE *file = fopen(path, "r");
  size_t length = file ? fread(name, 1, sizeof name, file) : 0;
  if (!file || fclose(file)) die("name");
  printf(",\"name\":");
  print_hex((unsigned char *)name, length);
  printf(",\"nice\":%d,\"policy\":%d", getpriority(PRIO_PROCESS, (id_t)pid), sched_getscheduler(pid));
}

static void stop(void) {
  int status;
  if (ptrace(PEEK_SEIZE, pid, 0, 0)) die("seize");
  if (ptrace(PEEK_INTERRUPT, pid, 0, 0) || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) die("interrupt");
}

static int write_memory(uint64_t at, uint64_t length) {
  static char page[4097];
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  FILE *memory = fopen(path, "r");
  if (!memory) die("memory");
  stop();
  for (uint64_t end = at + length; at < end; at += sizeof page - 1) {
    page[0] = pread64(fileno(memory), page + 1, sizeof page - 1, (off64_t)at) == sizeof page - 1;
    fwrite(page, 1, page[0] ? sizeof page : 1, stdout);
  }
  if (ptrace(PTRACE_DETACH, pid, 0, 0)) die("detach");
  return fclose(memory) || fflush(stdout) ? 1 : 0;
}

static void print_thread(pid_t tid, int is_first) {
  uint64_t mask;
  struct rseq_configuration rseq;
  pid = tid;
  stop();
  int wide = print_registers();
  print_xstate();
  if (ptrace(PEEK_SIGMASK, pid, sizeof mask, &mask)) die("signal mask");
  printf(",\"sigmask\":\"0x%llx\",\"pending\":{", (unsigned long long)mask);
  print_queue("thread", 0);
  if (is_first) print_queue("process", PEEK_SHARED);
  printf("}");
  if (ptrace(PEEK_RSEQ, pid, sizeof rseq, &rseq) == sizeof rseq && rseq.pointer)
    printf(",\"rseq\":{\"address\":\"0x%llx\",\"size\":%u,\"signature\":%u}", (unsigned long long)rseq.pointer, rseq.size, rseq.signature);
  /* Of a process of the other architecture the kernel tells the wrong one of its two lists. */
  uint64_t head = 0, length = 0;
  if (wide && syscall(SYS_get_robust_list, pid, &head, &length) == 0) printf(",\"robustList\":\"0x%llx\"", (unsigned long long)head);
  unsigned char tls[256];
  size_t tls_length = wide ? 0 : regset(NOTE_I386_TLS, tls, sizeof tls);
  if (tls_length) printf(",\"tls\":"), print_hex(tls, tls_length);
  print_settings();
  if (ptrace(PTRACE_DETACH, pid, 0, 0)) die("detach");
}

int main(int argc, char **argv) {
  pid_t first = pid = argc == 2 || argc == 4 ? atoi(argv[1]) : 0;
  char path[64];
  if (pid <= 0) return fprintf(stderr, "usage: peek PID [START LENGTH]\n"), 64;
  if (argc == 4) return write_memory(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
  snprintf(path, sizeof path, "/proc/%d/task", first);
  DIR *threads = opendir(path);
  if (!threads) die("threads");
  printf("{");
  print_thread(first, 1);
  printf(",\"others\":[");
  int count = 0;
  for (struct dirent *entry; (entry = readdir(threads));) {
    pid_t tid = atoi(entry->d_name);
    if (tid <= 0 || tid == first) continue;
    printf(count++ ? ",{" : "{");
    print_thread(tid, 0);
    printf("}");
  }
  printf("]}\n");
  return closedir(threads) || fflush(stdout) ? 1 : 0;
}
