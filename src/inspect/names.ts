/**
 * What the kernel's numbers are called, as strace(1) spells them.
 * @source include/uapi/asm-generic/{fcntl,mman,mman-common,signal,errno-base}.h, include/uapi/linux/{fcntl,mman,prctl,resource,stat}.h
 */
export type Names = Readonly<Record<string, bigint>>;

export const PROT: Names = { PROT_READ: 1n, PROT_WRITE: 2n, PROT_EXEC: 4n };
export const MAP: Names = {
  MAP_SHARED: 1n, MAP_PRIVATE: 2n, MAP_DROPPABLE: 8n, MAP_FIXED: 0x10n, MAP_ANONYMOUS: 0x20n, MAP_GROWSDOWN: 0x100n,
  MAP_LOCKED: 0x2000n, MAP_NORESERVE: 0x4000n, MAP_POPULATE: 0x8000n, MAP_STACK: 0x20000n, MAP_FIXED_NOREPLACE: 0x100000n,
}; // prettier-ignore
export const MREMAP: Names = { MREMAP_MAYMOVE: 1n, MREMAP_FIXED: 2n, MREMAP_DONTUNMAP: 4n };
/** Access mode apart: it is a number, not bits. O_LARGEFILE is how the kernel opens everything for 64-bit programs. */
export const OPEN: Names = {
  O_CREAT: 0o100n, O_EXCL: 0o200n, O_NOCTTY: 0o400n, O_TRUNC: 0o1000n, O_APPEND: 0o2000n, O_NONBLOCK: 0o4000n,
  O_SYNC: 0o4010000n, O_DSYNC: 0o10000n, O_ASYNC: 0o20000n, O_DIRECT: 0o40000n, O_LARGEFILE: 0o100000n, O_TMPFILE: 0o20200000n,
  O_DIRECTORY: 0o200000n, O_NOFOLLOW: 0o400000n, O_NOATIME: 0o1000000n, O_CLOEXEC: 0o2000000n, O_PATH: 0o10000000n,
}; // prettier-ignore
const ACCESS_MODES = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];
export const AF: Names = { AF_UNIX: 1n, AF_INET: 2n, AF_INET6: 10n };
export const SOCK: Names = { SOCK_STREAM: 1n, SOCK_DGRAM: 2n, SOCK_SEQPACKET: 5n };
export const SHUT: Names = { SHUT_RD: 0n, SHUT_WR: 1n, SHUT_RDWR: 2n };
export const EVENTFD: Names = { EFD_SEMAPHORE: 1n, EFD_NONBLOCK: 0o4000n };
export const EPOLL_CTL: Names = { EPOLL_CTL_ADD: 1n, EPOLL_CTL_DEL: 2n, EPOLL_CTL_MOD: 3n };
export const IN: Names = {
  IN_ACCESS: 0x1n, IN_MODIFY: 0x2n, IN_ATTRIB: 0x4n, IN_CLOSE_WRITE: 0x8n, IN_CLOSE_NOWRITE: 0x10n, IN_OPEN: 0x20n, IN_MOVED_FROM: 0x40n,
  IN_MOVED_TO: 0x80n, IN_CREATE: 0x100n, IN_DELETE: 0x200n, IN_DELETE_SELF: 0x400n, IN_MOVE_SELF: 0x800n, IN_UNMOUNT: 0x2000n,
  IN_EXCL_UNLINK: 0x400_0000n, IN_ONESHOT: 0x8000_0000n,
}; // prettier-ignore
/** Clocks of CPU time have two names: with one they are made, by the other the kernel calls them. */
export const CLOCK: Names = {
  CLOCK_REALTIME: 0n, CLOCK_MONOTONIC: 1n, CLOCK_BOOTTIME: 7n, CLOCK_TAI: 11n, CLOCK_PROCESS_CPUTIME_ID: -6n, CLOCK_THREAD_CPUTIME_ID: -2n,
}; // prettier-ignore
export const AT: Names = { AT_SYMLINK_NOFOLLOW: 0x100n, AT_EMPTY_PATH: 0x1000n };
export const SA: Names = {
  SA_NOCLDSTOP: 1n, SA_NOCLDWAIT: 2n, SA_SIGINFO: 4n, SA_RESTORER: 0x04000000n, SA_ONSTACK: 0x08000000n,
  SA_RESTART: 0x10000000n, SA_NODEFER: 0x40000000n, SA_RESETHAND: 0x80000000n,
}; // prettier-ignore
export const ADVICE: Names = {
  MADV_NORMAL: 0n, MADV_RANDOM: 1n, MADV_SEQUENTIAL: 2n, MADV_WILLNEED: 3n, MADV_DONTNEED: 4n, MADV_FREE: 8n,
  MADV_REMOVE: 9n, MADV_DONTFORK: 10n, MADV_DOFORK: 11n, MADV_MERGEABLE: 12n, MADV_UNMERGEABLE: 13n, MADV_HUGEPAGE: 14n,
  MADV_NOHUGEPAGE: 15n, MADV_DONTDUMP: 16n, MADV_DODUMP: 17n, MADV_WIPEONFORK: 18n, MADV_KEEPONFORK: 19n, MADV_GUARD_INSTALL: 102n,
}; // prettier-ignore
export const FCNTL: Names = {
  F_DUPFD: 0n, F_GETFD: 1n, F_SETFD: 2n, F_GETFL: 3n, F_SETFL: 4n, F_SETSIG: 10n, F_SETOWN_EX: 15n, F_DUPFD_CLOEXEC: 1030n, F_SETPIPE_SZ: 1031n,
  F_GETPIPE_SZ: 1032n, F_ADD_SEALS: 1033n,
}; // prettier-ignore
export const PRCTL: Names = {
  PR_SET_PDEATHSIG: 1n, PR_GET_PDEATHSIG: 2n, PR_GET_DUMPABLE: 3n, PR_SET_DUMPABLE: 4n, PR_SET_KEEPCAPS: 8n,
  PR_SET_NAME: 15n, PR_SET_SECCOMP: 22n, PR_SET_TSC: 26n, PR_SET_TIMERSLACK: 29n, PR_MCE_KILL: 33n, PR_SET_MM: 35n,
  PR_SET_CHILD_SUBREAPER: 36n, PR_SET_NO_NEW_PRIVS: 38n, PR_GET_TID_ADDRESS: 40n, PR_SET_THP_DISABLE: 41n,
  PR_CAP_AMBIENT: 47n, PR_SET_MDWE: 65n, PR_SET_VMA: 0x53564d41n,
}; // prettier-ignore
export const PR_SET_MM: Names = { PR_SET_MM_BRK: 7n, PR_SET_MM_MAP: 14n, PR_SET_MM_MAP_SIZE: 15n };
export const RLIMIT: Names = {
  RLIMIT_CPU: 0n, RLIMIT_FSIZE: 1n, RLIMIT_DATA: 2n, RLIMIT_STACK: 3n, RLIMIT_CORE: 4n, RLIMIT_RSS: 5n, RLIMIT_NPROC: 6n,
  RLIMIT_NOFILE: 7n, RLIMIT_MEMLOCK: 8n, RLIMIT_AS: 9n, RLIMIT_LOCKS: 10n, RLIMIT_SIGPENDING: 11n, RLIMIT_MSGQUEUE: 12n,
  RLIMIT_NICE: 13n, RLIMIT_RTPRIO: 14n, RLIMIT_RTTIME: 15n,
}; // prettier-ignore
export const SCHED: Names = {
  SCHED_OTHER: 0n,
  SCHED_FIFO: 1n,
  SCHED_RR: 2n,
  SCHED_BATCH: 3n,
  SCHED_IDLE: 5n,
  SCHED_DEADLINE: 6n,
};
export const ITIMER: Names = { ITIMER_REAL: 0n, ITIMER_VIRTUAL: 1n, ITIMER_PROF: 2n };
export const SIG_HOW: Names = { SIG_BLOCK: 0n, SIG_UNBLOCK: 1n, SIG_SETMASK: 2n };
export const SEEK: Names = { SEEK_SET: 0n, SEEK_CUR: 1n, SEEK_END: 2n };
export const ARCH_PRCTL: Names = {
  ARCH_SET_GS: 0x1001n,
  ARCH_SET_FS: 0x1002n,
  ARCH_GET_FS: 0x1003n,
  ARCH_GET_GS: 0x1004n,
};
export const ERRNO: Names = {
  EPERM: 1n, ENOENT: 2n, ESRCH: 3n, EINTR: 4n, EIO: 5n, ENXIO: 6n, EBADF: 9n, ECHILD: 10n, EAGAIN: 11n, ENOMEM: 12n,
  EACCES: 13n, EFAULT: 14n, EBUSY: 16n, EEXIST: 17n, ENODEV: 19n, ENOTDIR: 20n, EISDIR: 21n, EINVAL: 22n, EMFILE: 24n,
  ENOTTY: 25n, ENOSPC: 28n, ESPIPE: 29n, EROFS: 30n, EPIPE: 32n, ERANGE: 34n, ENOSYS: 38n, EADDRINUSE: 98n, EALREADY: 114n,
}; // prettier-ignore

/** Signals 1 to 31. @source signal(7) */
const SIGNALS = [
  'HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM', 'TERM', 'STKFLT',
  'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS',
]; // prettier-ignore
/** As C libraries count: they keep 32 and 33 to themselves. */
const SIGRTMIN = 34;

export function signalName(signo: number): string {
  const name = SIGNALS[signo - 1];
  if (name !== undefined) return `SIG${name}`;
  return signo >= SIGRTMIN && signo <= 64 ? `SIGRTMIN${signo > SIGRTMIN ? `+${signo - SIGRTMIN}` : ''}` : `SIG${signo}`;
}

/** Names of the signals in a mask; bit N−1 is signal N. */
export const signalNames = (mask: bigint): string[] =>
  Array.from({ length: 64 }, (_, i) => i + 1)
    .filter((signo) => (mask >> BigInt(signo - 1)) & 1n)
    .map(signalName);

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The name of one value, else the value. */
export const nameOf = (names: Names, value: bigint): string =>
  Object.keys(names).find((name) => names[name] === value) ?? hex(value);

/** Names of bits, joined by |; bits without a name in hex. @param none what no bit at all is called */
export function flagNames(names: Names, value: bigint, none = '0'): string {
  const found: string[] = [];
  let rest = value;
  // Names of several bits first: O_SYNC includes O_DSYNC.
  for (const [name, bits] of Object.entries(names).sort(([, a], [, b]) => bitCount(b) - bitCount(a))) {
    if ((rest & bits) !== bits) continue;
    found.push(name);
    rest &= ~bits;
  }
  const order = Object.keys(names);
  found.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  if (rest !== 0n) found.push(hex(rest));
  return found.length > 0 ? found.join('|') : none;
}

const bitCount = (bits: bigint): number => bits.toString(2).replaceAll('0', '').length;

/** Flags of an open file, the access mode first. */
export function openFlagNames(flags: bigint): string {
  const rest = flags & ~3n;
  const mode = ACCESS_MODES[Number(flags & 3n)]!;
  return rest === 0n ? mode : `${mode}|${flagNames(OPEN, rest)}`;
}

/** Calls that a process waits in, beyond those that elfreeze makes: x86-64 and i386 numbers. */
const WAITING: Readonly<Record<string, readonly [number, number]>> = {
  poll: [7, 168], select: [23, 142], pause: [34, 29], accept: [43, 0], recvfrom: [45, 371], recvmsg: [47, 372], flock: [73, 143],
  rt_sigtimedwait: [128, 177], rt_sigsuspend: [130, 179], futex: [202, 240], epoll_wait: [232, 256], waitid: [247, 284],
  pselect6: [270, 308], ppoll: [271, 309], epoll_pwait: [281, 319], accept4: [288, 364], io_uring_enter: [426, 426],
}; // prettier-ignore

/** @param syscalls the numbers of that architecture */
export function syscallName(syscalls: Readonly<Record<string, number>>, wordSize: 4 | 8, nr: number): string {
  const known = Object.keys(syscalls).find((name) => syscalls[name] === nr);
  const waiting = Object.keys(WAITING).find((name) => WAITING[name]![wordSize === 8 ? 0 : 1] === nr);
  return known ?? waiting ?? `syscall_${nr}`;
}
