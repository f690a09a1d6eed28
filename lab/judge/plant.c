/* Plants a fault in a stopped process (of either architecture), so that a test can see whether the judge finds it. The
 * process stays stopped. Changes by exclusive or; a call is made by the process itself, where it is about to make one. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { BELOW_STACK = 1024, ROOM = 256, CODE_32 = 0x23 };
#define PLANT_GETSIGMASK ((enum __ptrace_request)0x420a)
#define PLANT_SETSIGMASK ((enum __ptrace_request)0x420b)
static pid_t pid;

__attribute__((noreturn)) static void die(const char *what) {
  fprintf(stderr, "plant: %s of %d: %s\n", what, pid, strerror(errno));
  exit(1);
}

static struct user_regs_struct registers(void) {
  struct user_regs_struct now;
  if (ptrace(PTRACE_GETREGS, pid, 0, &now)) die("registers");
  return now;
}

static void set_registers(const struct user_regs_struct *to) {
  if (ptrace(PTRACE_SETREGS, pid, 0, to)) die("registers");
}

/* Unlike process_vm_writev this writes to what the process itself cannot. */
static void flip(uint64_t address, unsigned char with) {
  uint64_t word_at = address & ~7ull;
  errno = 0;
  uint64_t word = (uint64_t)ptrace(PTRACE_PEEKDATA, pid, word_at, 0);
  if (errno || ptrace(PTRACE_POKEDATA, pid, word_at, word ^ (uint64_t)with << 8 * (address - word_at))) die("memory");
}

static void copy(int writes, uint64_t address, void *bytes, size_t length) {
  struct iovec here = {bytes, length}, there = {(void *)address, length};
  ssize_t done = writes ? process_vm_writev(pid, &here, 1, &there, 1, 0) : process_vm_readv(pid, &here, 1, &there, 1, 0);
  if (done != (ssize_t)length) die("stack");
}

/* arguments: number, then up to six; `@N` is the address of byte N of `bytes`, hexadecimal, which lie below the stack meanwhile */
static void call(int argc, char **arguments, const char *bytes) {
  struct user_regs_struct before = registers(), changed = before;
  unsigned char saved[ROOM], scratch[ROOM] = {0};
  uint64_t at = (before.rsp - BELOW_STACK) & ~15ull, values[7] = {0};
  for (size_t n = 0; n < ROOM && bytes[2 * n]; n++) sscanf(bytes + 2 * n, "%2hhx", &scratch[n]);
  for (int n = 0; n < argc && n < 7; n++)
    values[n] = *arguments[n] == '@' ? at + strtoull(arguments[n] + 1, NULL, 0) : strtoull(arguments[n], NULL, 0);
  copy(0, at, saved, ROOM);
  copy(1, at, scratch, ROOM);
  int narrow = before.cs == CODE_32;
  unsigned long long *const wide_to[] = {&changed.rdi, &changed.rsi, &changed.rdx, &changed.r10, &changed.r8, &changed.r9};
  unsigned long long *const narrow_to[] = {&changed.rbx, &changed.rcx, &changed.rdx, &changed.rsi, &changed.rdi, &changed.rbp};
  changed.rax = values[0];
  for (int n = 0; n < 6; n++) *(narrow ? narrow_to : wide_to)[n] = values[n + 1];
  set_registers(&changed);
  int status;
  /* The stop it is in may be told once more before it steps. */
  do {
    if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) die("step");
  } while (status >> 16 == PTRACE_EVENT_STOP);
  struct user_regs_struct after = registers();
  if (after.rip != before.rip + 2) errno = EPROTO, die("it was not about to make a call: step");
  set_registers(&before);
  copy(1, at, saved, ROOM);
  printf("%lld\n", narrow ? (long long)(int32_t)after.rax : (long long)after.rax);
}

static void flip_register(size_t offset, uint64_t with) {
  struct user_regs_struct now = registers();
  if (offset % 8 || offset >= sizeof now) errno = EINVAL, die("register");
  ((unsigned long long *)&now)[offset / 8] ^= with;
  set_registers(&now);
}

static void flip_xstate(size_t offset, unsigned char with) {
  static unsigned char bytes[16384];
  struct iovec part = {bytes, sizeof bytes};
  if (ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &part) || offset >= part.iov_len) die("xstate");
  bytes[offset] ^= with;
  /* XSTATE_BV: a part that is in its initial state would stay there. @source Intel SDM vol. 1, 13.4.2 */
  if (offset < 416) bytes[512] |= offset < 160 ? 1 : 2;
  if (ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &part)) die("xstate");
}

static void flip_mask(uint64_t with) {
  uint64_t mask;
  if (ptrace(PLANT_GETSIGMASK, pid, sizeof mask, &mask)) die("signal mask");
  mask ^= with;
  if (ptrace(PLANT_SETSIGMASK, pid, sizeof mask, &mask)) die("signal mask");
}

int main(int argc, char **argv) {
  int status;
  pid = argc > 3 ? atoi(argv[1]) : 0;
  const char *what = pid > 0 ? argv[2] : "";
  const char *bytes = argc > 3 && strncmp(argv[argc - 1], "bytes=", 6) == 0 ? argv[--argc] + 6 : "";
  uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 0) : 0, second = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
  if (pid <= 0) return fprintf(stderr, "usage: plant PID byte|register|xstate OFFSET XOR, mask XOR, call NUMBER ARGUMENT… [bytes=HEX]\n"), 64;
  if (ptrace(PTRACE_SEIZE, pid, 0, 0)) die("seize");
  if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) die("interrupt");
  if (!strcmp(what, "byte")) flip(first, (unsigned char)second);
  else if (!strcmp(what, "register")) flip_register(first, second);
  else if (!strcmp(what, "xstate")) flip_xstate(first, (unsigned char)second);
  else if (!strcmp(what, "mask")) flip_mask(first);
  else if (!strcmp(what, "call")) call(argc - 3, argv + 3, bytes);
  else errno = EINVAL, die(what);
  if (ptrace(PTRACE_DETACH, pid, 0, 0)) die("detach");
  return 0;
}
