/* Asks the kernel it runs on: makes ELF files in memory, executes each, stops it before its first instruction (or where it
 * stops itself), says what it sees, and kills it. Needs nothing but /proc; static, so that any guest can run it.
 *
 * Standard input: cases, little-endian, without padding
 *   u32 id, u32 personality, u32 uid, u32 until (0 its first instruction, 1 its own SIGSTOP, with ELFREEZE_STOP=1),
 *   u64 RLIMIT_STACK, u64 RLIMIT_AS, u64 RLIMIT_DATA (all ones: as they are),
 *   u32 files; each: u64 size, u32 pieces; each: u64 offset, u32 length, bytes
 * The first file is the program; the second, if any, is /proc/self/fd/200 to it: an interpreter.
 *
 * Standard output: for each case the lines that hold of
 *   case ID
 *   errno N               execve failed
 *   killed N              by signal N, before its first instruction
 *   exited N              with that status, before it stopped
 *   entered IP SP         it is there
 *   brk ADDRESS           what brk(0) says
 *   stat FIELDS           /proc/PID/stat
 *   auxv HEX              /proc/PID/auxv
 *   map LINE              of /proc/PID/maps
 *   registers HEX         NT_PRSTATUS; until 1 only, as what follows
 *   xstate HEX            NT_X86_XSTATE
 *   sigmask HEX
 *   unreadable ADDRESS    a page that cannot be read even by its tracer
 *   crc START CRC32       of one mapping's bytes, less such pages
 *   end
 */
#define _FILE_OFFSET_BITS 64
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM = 199, INTERPRETER = 200, AT_ENTRY_ONLY = 0, AT_STOP = 1, PAGE = 4096, CHUNK = 1 << 16, HELPER_HOLDS_US = 10000000 };
#define UNCHANGED UINT64_MAX
#define LAUNCHER_SEIZE ((enum __ptrace_request)0x4206)
#define GET_SIGMASK ((enum __ptrace_request)0x420a)
#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

struct head { uint32_t id, personality, uid, until; uint64_t stack, as, data; uint32_t files; } __attribute__((packed));

static unsigned char chunk[CHUNK];
static char text[1 << 20];

static void die(const char *what) {
  fprintf(stderr, "launcher: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int take(void *into, size_t length) {
  size_t got = fread(into, 1, length, stdin);
  if (got != length && (got != 0 || ferror(stdin))) { errno = EPIPE; die("a case is cut short"); }
  return got == length;
}

static void must_take(void *into, size_t length) {
  if (length && !take(into, length)) { errno = EPIPE; die("a case is cut short"); }
}

/* A file in memory at a known descriptor. The old one goes with whatever maps it. */
static void make_file(int at) {
  uint64_t size, offset;
  uint32_t pieces, length;
  must_take(&size, sizeof size);
  must_take(&pieces, sizeof pieces);
  int fd = memfd_create(at == PROGRAM ? "program" : "interpreter", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, (off_t)size) || fchmod(fd, 0755)) die("memfd");
  while (pieces--) {
    must_take(&offset, sizeof offset);
    must_take(&length, sizeof length);
    for (uint32_t part; length; length -= part, offset += part) {
      part = length < CHUNK ? length : CHUNK;
      must_take(chunk, part);
      if (pwrite(fd, chunk, part, (off_t)offset) != (ssize_t)part) die("pwrite");
    }
  }
  if (dup3(fd, at, at == PROGRAM ? O_CLOEXEC : 0) < 0) die("dup3");
  close(fd);
}

static void limit(int resource, uint64_t value) {
  if (value == UNCHANGED) return;
  struct rlimit both;
  getrlimit(resource, &both);
  both.rlim_cur = (rlim_t)value;
  setrlimit(resource, &both);
}

static volatile int child_errno;

/* With vfork, the error of a failed execve is in our own memory. */
static pid_t start(const struct head *head) {
  static char *const arguments[] = {"p", NULL};
  static char *const stops[] = {"ELFREEZE_STOP=1", NULL}, *const nothing[] = {NULL};
  child_errno = 0;
  pid_t pid = vfork();
  if (pid < 0) die("vfork");
  if (pid > 0) return pid;
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  if (personality(head->personality) < 0) _exit(126);
  limit(RLIMIT_STACK, head->stack);
  limit(RLIMIT_DATA, head->data);
  limit(RLIMIT_AS, head->as);
  /* Not the library's: it would change the identity of every thread of ours. */
  if (head->uid && (syscall(SYS_setresgid, head->uid, head->uid, head->uid) || syscall(SYS_setresuid, head->uid, head->uid, head->uid))) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* A path that exists: TOMOYO looks it up again, and an execveat without one becomes /dev/fd/199, which no guest has. */
  execve("/proc/self/fd/199", arguments, head->until == AT_STOP ? stops : nothing);
  child_errno = errno;
  _exit(126);
}

static size_t read_file(pid_t pid, const char *name, char *into, size_t room) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(path);
  size_t total = 0;
  for (ssize_t got; total < room && (got = read(fd, into + total, room - total)) > 0;) total += (size_t)got;
  close(fd);
  return total;
}

static void print_hex(const char *name, const void *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  printf("%s ", name);
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = ((const unsigned char *)bytes)[i];
    putchar(digits[byte >> 4]);
    putchar(digits[byte & 15]);
  }
  putchar('\n');
}

#ifdef __x86_64__
#define IP rip
#define SP rsp
#define AX rax
#define ORIG_AX orig_rax
#define IS_64(regs) ((regs)->cs == 0x33)
#else
#define IP eip
#define SP esp
#define AX eax
#define ORIG_AX orig_eax
#define IS_64(regs) 0
#endif

static uint32_t crc_table[256];

static void make_crc_table(void) {
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t value = n;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320u ^ (value >> 1) : value >> 1;
    crc_table[n] = value;
  }
}

static void print_crc(int memory, uint64_t start, uint64_t end) {
  uint32_t crc = 0xffffffffu;
  for (uint64_t at = start; at < end;) {
    size_t want = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
    ssize_t got = pread64(memory, chunk, want, (off64_t)at);
    if (got <= 0) {
      printf("unreadable %llx\n", (unsigned long long)at);
      at += PAGE;
      continue;
    }
    for (ssize_t i = 0; i < got; i++) crc = crc_table[(crc ^ chunk[i]) & 255] ^ (crc >> 8);
    at += (uint64_t)got;
  }
  printf("crc %llx %08x\n", (unsigned long long)start, ~crc);
}

/* Where in the vdso a system call instruction is; `text` is maps. The vdso is there whatever the program is. */
static uint64_t find_call(pid_t pid, int wide) {
  static uint64_t offsets[2];
  uint64_t vdso = 0;
  for (char *line = text, *end; !vdso && (end = strchr(line, '\n')); line = end + 1)
    if (end - line > 6 && !memcmp(end - 6, "[vdso]", 6)) vdso = strtoull(line, NULL, 16);
  if (!vdso) return 0;
  if (!offsets[wide]) {
    struct iovec here = {chunk, 8192}, there = {(void *)(uintptr_t)vdso, 8192};
    ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
    for (ssize_t i = 0; i + 1 < got && !offsets[wide]; i++)
      if (wide ? chunk[i] == 0x0f && chunk[i + 1] == 0x05 : chunk[i] == 0xcd && chunk[i + 1] == 0x80) offsets[wide] = (uint64_t)i;
  }
  return offsets[wide] ? vdso + offsets[wide] : 0;
}

static void print_brk(pid_t pid, const struct user_regs_struct *before) {
  int wide = IS_64(before), status;
  uint64_t call = find_call(pid, wide);
  if (!call) return;
  struct user_regs_struct regs = *before;
  regs.IP = call;
  regs.AX = wide ? 12 : 45;
  regs.ORIG_AX = -1;
  /* No address at all under some hypervisors is taken for a fault of the call. */
  regs.SP = 0;
#ifdef __x86_64__
  regs.rdi = regs.rbx = 0;
#else
  regs.ebx = 0;
#endif
  if (ptrace(PTRACE_SETREGS, pid, 0, &regs) || ptrace(PTRACE_SINGLESTEP, pid, 0, 0)) die("singlestep");
  if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) return;
  if (ptrace(PTRACE_GETREGS, pid, 0, &regs)) die("registers");
  printf("brk %llx\n", (unsigned long long)(unsigned long)regs.AX);
}

static void print_state(pid_t pid, int memory) {
  static unsigned char state[16384];
  struct iovec part = {state, sizeof state};
  if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part)) die("registers");
  print_hex("registers", state, part.iov_len);
  part = (struct iovec){state, sizeof state};
  if (ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &part) == 0) print_hex("xstate", state, part.iov_len);
  uint64_t mask;
  if (ptrace(GET_SIGMASK, pid, 8, &mask) == 0) printf("sigmask %llx\n", (unsigned long long)mask);
  for (char *line = text; *line; line = strchr(line, '\n') + 1) {
    uint64_t from = strtoull(line, &line, 16), to = strtoull(line + 1, NULL, 16);
    print_crc(memory, from, to);
  }
}

static void look(pid_t pid, uint32_t until) {
  struct user_regs_struct regs;
  char path[64];
  if (ptrace(PTRACE_GETREGS, pid, 0, &regs)) die("registers");
  printf("entered %llx %llx\n", (unsigned long long)(unsigned long)regs.IP, (unsigned long long)(unsigned long)regs.SP);
  size_t length = read_file(pid, "stat", text, sizeof text);
  printf("stat %.*s", (int)length, text);
  size_t auxv_size = read_file(pid, "auxv", text, sizeof text);
  print_hex("auxv", text, auxv_size);
  length = read_file(pid, "maps", text, sizeof text - 1);
  text[length] = 0;
  for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) printf("map %.*s\n", (int)(end - line), line);
  if (until == AT_STOP) {
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0) die(path);
    print_state(pid, memory);
    close(memory);
  }
  /* Last, for it changes registers. */
  print_brk(pid, &regs);
}

/* Not traced until it has stopped itself: an image is traced by a helper of its own on its way there. */
static int run_to_stop(pid_t pid) {
  int status;
  if (ptrace(PTRACE_DETACH, pid, 0, 0)) die("detach");
  if (waitpid(pid, &status, WUNTRACED) != pid) die("wait");
  if (!WIFSTOPPED(status)) return status;
  /* The stop is told while the helper still holds it: until it lets go, nobody else may. */
  for (int waited_us = 0; ptrace(LAUNCHER_SEIZE, pid, 0, 0); waited_us += 50) {
    if (errno != EPERM || waited_us > HELPER_HOLDS_US) die("seize");
    usleep(50);
  }
  if (waitpid(pid, &status, __WALL) != pid) die("wait");
  return status;
}

static void run(const struct head *head) {
  int status;
  pid_t pid = start(head);
  if (waitpid(pid, &status, 0) != pid) die("wait");
  /* A kernel up to 5.16 lets its tracer see the SIGSEGV by which it ends a program. */
  int loaded = WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
  int ending = WIFSTOPPED(status) && !loaded ? WSTOPSIG(status) : 0;
  if (loaded && head->until == AT_STOP) status = run_to_stop(pid);
  if (ending) printf("killed %d\n", ending);
  else if (WIFSTOPPED(status)) look(pid, head->until);
  if (WIFSTOPPED(status)) {
    kill(pid, SIGKILL);
    if (waitpid(pid, &status, __WALL) != pid) die("wait");
  } else if (WIFSIGNALED(status)) printf("killed %d\n", WTERMSIG(status));
  else if (child_errno) printf("errno %d\n", child_errno);
  else printf("exited %d\n", WEXITSTATUS(status));
}

int main(void) {
  struct head head;
  make_crc_table();
  while (take(&head, sizeof head)) {
    for (uint32_t n = 0; n < head.files; n++) make_file(n ? INTERPRETER : PROGRAM);
    printf("case %u\n", head.id);
    fflush(stdout);
    run(&head);
    puts("end");
    fflush(stdout);
  }
  return 0;
}
