import koffi from 'koffi';
import { ElfreezeError, type ErrorCode } from '../base/errors.ts';

/** System calls that elfreeze itself makes and Node has no function for. x86-64 numbers. */
const NR = {
  lseek: 8,
  mmap: 9,
  mprotect: 10,
  fcntl: 72,
  kill: 62,
  ptrace: 101,
  prctl: 157,
  waitid: 247,
  openat: 257,
  tee: 276,
  linkat: 265,
  setns: 308,
  sched_getscheduler: 145,
  ioprio_get: 252,
  kcmp: 312,
  pipe2: 293,
  poll: 7,
  ioctl: 16,
  socket: 41,
  sendto: 44,
  recvfrom: 45,
  recvmsg: 47,
  getsockname: 51,
  getpeername: 52,
  setsockopt: 54,
  getsockopt: 55,
  futex: 202,
  get_robust_list: 274,
  clock_gettime: 228,
  timerfd_gettime: 287,
  inotify_add_watch: 254,
  inotify_init1: 294,
  landlock_create_ruleset: 444,
  pidfd_send_signal: 424,
  pidfd_open: 434,
  pidfd_getfd: 438,
} as const;

type Word = number | bigint;
type NativeSyscall = (nr: number, a: Word, b: Word, c: Word, d: Word, e: Word, f: Word) => Word;

let native: NativeSyscall | undefined;

/** libc's syscall(2), bound on first use: what only reads files never loads it. */
function bind(): NativeSyscall {
  const libc = koffi.load(null);
  return libc.func('syscall', 'long', [
    'long',
    'uint64',
    'uint64',
    'uint64',
    'uint64',
    'uint64',
    'uint64',
  ]) as NativeSyscall;
}

export type SyscallArg = bigint | number | Uint8Array;
type SyscallArgs = [a?: SyscallArg, b?: SyscallArg, c?: SyscallArg, d?: SyscallArg, e?: SyscallArg, f?: SyscallArg];

/** Address of a buffer, valid while the buffer is referenced. */
export const addressOf = (bytes: Uint8Array): bigint => koffi.address(bytes);

function asWord(arg: SyscallArg | undefined): Word {
  if (arg === undefined) return 0;
  if (arg instanceof Uint8Array) return koffi.address(arg);
  // A small number is passed as it is, which takes half the time of a bigint.
  return typeof arg === 'number' && arg >= 0 ? arg : BigInt.asUintN(64, BigInt(arg));
}

/** Makes a system call in this process. @returns the result, or −errno */
export function syscall(name: keyof typeof NR, ...[a, b, c, d, e, f]: SyscallArgs): number {
  native ??= bind();
  const result = Number(native(NR[name], asWord(a), asWord(b), asWord(c), asWord(d), asWord(e), asWord(f)));
  return result === -1 ? -koffi.errno() : result;
}

/** errno by name: `ESRCH` is 3. */
export const ERRNO: Record<string, number> = koffi.os.errno;

export function errnoName(errno: number): string {
  return Object.entries(ERRNO).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}

/** As `syscall`, for calls that must succeed. @throws `code` with errno's name */
export function mustSyscall(code: ErrorCode, what: string, name: keyof typeof NR, ...args: SyscallArgs): number {
  const result = syscall(name, ...args);
  if (result < 0) throw new ElfreezeError(code, `${what}: ${errnoName(-result)}`);
  return result;
}

/** CLOCK_REALTIME, nanoseconds. */
export function realTimeNs(): bigint {
  const time = new BigInt64Array(2);
  mustSyscall('SYSCALL_FAILED', 'clock_gettime', 'clock_gettime', 0, new Uint8Array(time.buffer));
  return (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n);
}
