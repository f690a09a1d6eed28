import type { Arch } from '../arch/arch.ts';
import type { SyscallName } from '../arch/syscalls.ts';
import * as kind from './argument-kinds.ts';
import * as names from './names.ts';

/** How the arguments of each call are printed. A call or an argument without an entry is printed in hex. */
const ARGUMENTS: Partial<Record<SyscallName, readonly kind.Kind[]>> = {
  accept4: [kind.integer, kind.address, kind.address, kind.hexadecimal],
  arch_prctl: [kind.one(names.ARCH_PRCTL), kind.address],
  bind: [kind.integer, kind.socketAddress, kind.count],
  brk: [kind.address],
  capget: [kind.address, kind.address],
  capset: [kind.address, kind.address],
  chdir: [kind.text],
  close: [kind.integer],
  close_range: [kind.integer, kind.lastDescriptor, kind.hexadecimal],
  connect: [kind.integer, kind.socketAddress, kind.count],
  dup2: [kind.integer, kind.integer],
  dup3: [kind.integer, kind.integer, kind.openFlags],
  epoll_create1: [kind.hexadecimal],
  epoll_ctl: [kind.integer, kind.one(names.EPOLL_CTL), kind.integer, kind.address],
  eventfd2: [kind.count, kind.bits(names.EVENTFD)],
  exit_group: [kind.integer],
  fchmod: [kind.integer, kind.octal],
  fchown: [kind.integer, kind.integer, kind.integer],
  fchmodat: [kind.directory, kind.text, kind.octal],
  fcntl: [kind.integer, kind.one(names.FCNTL), kind.hexadecimal],
  ftruncate: [kind.integer, kind.count],
  getpid: [],
  getpgid: [kind.integer],
  getsockname: [kind.integer, kind.address, kind.address],
  inotify_add_watch: [kind.integer, kind.text, kind.bits(names.IN)],
  inotify_init1: [kind.bits(names.OPEN)],
  ioctl: [kind.integer, kind.hexadecimal, kind.address],
  listen: [kind.integer, kind.count],
  lseek: [kind.integer, kind.count, kind.one(names.SEEK)],
  madvise: [kind.address, kind.count, kind.one(names.ADVICE)],
  memfd_create: [kind.text, kind.hexadecimal],
  mlock: [kind.address, kind.count],
  mmap: [
    kind.address,
    kind.count,
    kind.bits(names.PROT, 'PROT_NONE'),
    kind.bits(names.MAP),
    kind.integer,
    kind.hexadecimal,
  ],
  mprotect: [kind.address, kind.count, kind.bits(names.PROT, 'PROT_NONE')],
  mremap: [kind.address, kind.count, kind.count, kind.bits(names.MREMAP), kind.address],
  mseal: [kind.address, kind.count, kind.hexadecimal],
  munmap: [kind.address, kind.count],
  openat: [kind.directory, kind.text, kind.openFlags, kind.octal],
  personality: [kind.hexadecimal],
  pipe2: [kind.address, kind.bits(names.OPEN)],
  pwrite64: [kind.integer, kind.address, kind.count, kind.count],
  prctl: [kind.one(names.PRCTL), kind.hexadecimal, kind.hexadecimal, kind.hexadecimal, kind.hexadecimal],
  prlimit64: [kind.integer, kind.one(names.RLIMIT), kind.limit, kind.address],
  read: [kind.integer, kind.address, kind.count],
  rseq: [kind.address, kind.count, kind.hexadecimal, kind.hexadecimal],
  rt_sigaction: [kind.signal, kind.action, kind.address, kind.count],
  rt_sigprocmask: [kind.one(names.SIG_HOW), kind.mask, kind.address, kind.count],
  rt_sigqueueinfo: [kind.integer, kind.signal, kind.siginfo],
  rt_tgsigqueueinfo: [kind.integer, kind.integer, kind.signal, kind.siginfo],
  sched_setscheduler: [kind.integer, kind.one(names.SCHED), kind.parameter],
  sendto: [kind.integer, kind.contents, kind.count, kind.hexadecimal, kind.address, kind.count],
  set_robust_list: [kind.address, kind.count],
  set_thread_area: [kind.descriptor],
  set_tid_address: [kind.address],
  setitimer: [kind.one(names.ITIMER), kind.timer, kind.address],
  setsockopt: [kind.integer, kind.count, kind.count, kind.address, kind.count],
  shmat: [kind.integer, kind.address, kind.hexadecimal],
  shmctl: [kind.integer, kind.count, kind.address],
  shmget: [kind.hexadecimal, kind.count, kind.octal],
  shutdown: [kind.integer, kind.one(names.SHUT)],
  socket: [kind.one(names.AF), kind.one(names.SOCK), kind.count],
  socketpair: [kind.one(names.AF), kind.one(names.SOCK), kind.count, kind.address],
  setpriority: [kind.one({ PRIO_PROCESS: 0n, PRIO_PGRP: 1n, PRIO_USER: 2n }), kind.integer, kind.integer],
  sigaltstack: [kind.address, kind.address],
  signalfd4: [kind.integer, kind.mask, kind.count, kind.bits(names.OPEN)],
  statx: [kind.directory, kind.text, kind.bits(names.AT), kind.one({ STATX_BASIC_STATS: 0x7ffn }), kind.address],
  timerfd_create: [kind.one(names.CLOCK), kind.bits(names.OPEN)],
  timerfd_settime: [kind.integer, kind.hexadecimal, kind.address, kind.address],
  umask: [kind.octal],
  unlinkat: [kind.directory, kind.text, kind.hexadecimal],
  utimensat: [kind.directory, kind.text, kind.address, kind.hexadecimal],
  write: [kind.integer, kind.contents, kind.count],
};

/** Where i386 has another call under the same heading: its name and arguments. @source mmap2(2), _llseek(2), fcntl64(2) */
const I386: Partial<Record<SyscallName, { readonly name: string; readonly kinds?: readonly kind.Kind[] }>> = {
  mmap: { name: 'mmap2' },
  fcntl: { name: 'fcntl64' },
  timerfd_settime: { name: 'timerfd_settime64' },
  fchown: { name: 'fchown32' },
  ftruncate: { name: 'ftruncate64' },
  utimensat: { name: 'utimensat_time64' },
  lseek: { name: '_llseek', kinds: [kind.integer, kind.count, kind.count, kind.address, kind.one(names.SEEK)] },
};

/** What the arguments after a call's command mean, by the command: `at` is its place. */
const BY_COMMAND: Partial<
  Record<
    SyscallName,
    { readonly at: number; readonly names: names.Names; readonly rows: Readonly<Record<string, readonly kind.Kind[]>> }
  >
> = {
  fcntl: {
    at: 1,
    names: names.FCNTL,
    rows: {
      F_SETFD: [kind.bits({ FD_CLOEXEC: 1n })],
      F_SETFL: [kind.openFlags],
      F_DUPFD: [kind.integer],
      F_DUPFD_CLOEXEC: [kind.integer],
      F_SETPIPE_SZ: [kind.count],
    },
  },
  prctl: {
    at: 0,
    names: names.PRCTL,
    rows: {
      PR_SET_NAME: [kind.text],
      PR_SET_PDEATHSIG: [kind.signal],
      PR_SET_TIMERSLACK: [kind.count],
      PR_SET_MM: [kind.one(names.PR_SET_MM), kind.layout, kind.count],
      ...Object.fromEntries(
        ['PR_SET_DUMPABLE', 'PR_SET_KEEPCAPS', 'PR_SET_NO_NEW_PRIVS', 'PR_SET_CHILD_SUBREAPER'].map((name) => [
          name,
          [kind.count],
        ]),
      ),
    },
  },
};

export interface CallForm {
  readonly name: string;
  /** How argument `index` is printed. */
  readonly argument: (index: number, value: bigint, context: kind.ArgumentContext) => string;
}

/** How a call is printed, given its arguments; those that are only known when the image runs are undefined. */
export function callForm(arch: Arch, name: string, args: readonly (bigint | undefined)[]): CallForm {
  const call = name as SyscallName;
  const own = arch.wordSize === 4 && Object.hasOwn(I386, name) ? I386[call] : undefined;
  const kinds = own?.kinds ?? (Object.hasOwn(ARGUMENTS, name) ? ARGUMENTS[call] : undefined) ?? [];
  const command = Object.hasOwn(BY_COMMAND, name) ? BY_COMMAND[call] : undefined;
  const row = command?.rows[names.nameOf(command.names, args[command.at] ?? -1n)] ?? [];
  return {
    name: own?.name ?? name,
    argument: (index, value, context) => {
      const special = command && index > command.at ? row[index - command.at - 1] : undefined;
      return (special ?? kinds[index] ?? kind.hexadecimal)(value, context, args);
    },
  };
}
