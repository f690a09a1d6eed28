import type { Arch } from '../arch/arch.ts';
import type { SyscallName } from '../arch/syscalls.ts';
import * as names from './names.ts';

/** What an argument is read with. */
export interface ArgumentContext {
  readonly arch: Arch;
  /** Bytes of the image's own memory; undefined where it has none. */
  readonly read: (address: bigint, length: number) => Uint8Array | undefined;
}

/** One way to print an argument. The value is unsigned and 64 bits wide. */
type Kind = (value: bigint, context: ArgumentContext) => string;

const MAX_TEXT = 4096;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

const hexadecimal: Kind = (value) => (value === 0n ? '0' : `0x${value.toString(16)}`);
const address: Kind = (value) => (value === 0n ? 'NULL' : `0x${value.toString(16)}`);
const count: Kind = (value) => value.toString();
const integer: Kind = (value) => BigInt.asIntN(32, value).toString();
const octal: Kind = (value) => (value === 0n ? '0' : `0${value.toString(8)}`);
const directory: Kind = (value) => (BigInt.asIntN(32, value) === -100n ? 'AT_FDCWD' : integer(value, NOTHING));
const lastDescriptor: Kind = (value) => (value === 0xffff_ffffn ? '~0U' : value.toString());
const one =
  (table: names.Names): Kind =>
  (value) =>
    names.nameOf(table, value);
const bits =
  (table: names.Names, none?: string): Kind =>
  (value) =>
    names.flagNames(table, value, none);
const openFlags: Kind = (value) => names.openFlagNames(value);
const signal: Kind = (value) => (value === 0n ? '0' : names.signalName(Number(value)));

const NOTHING = {} as ArgumentContext;

/** A kind that shows what is pointed to, and the address where that cannot be read. */
const pointed =
  (length: number | ((arch: Arch) => number), show: (view: DataView, context: ArgumentContext) => string): Kind =>
  (value, context) => {
    const wanted = typeof length === 'number' ? length : length(context.arch);
    const bytes = value === 0n ? undefined : context.read(value, wanted);
    if (bytes === undefined || bytes.length < wanted) return address(value, context);
    return show(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), context);
  };

/** Control characters in octal, as strace prints them. */
export const quote = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\${char.codePointAt(0)!.toString(8)}`)}"`;

const text: Kind = (value, context) => {
  const bytes = value === 0n ? undefined : readSome(value, context);
  if (bytes === undefined) return address(value, context);
  const end = bytes.indexOf(0);
  return quote(Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString()) + (end < 0 ? '...' : '');
};

/** As much as a string can have, or to the end of the memory it is in. */
function readSome(at: bigint, { read }: ArgumentContext): Uint8Array | undefined {
  for (let length = MAX_TEXT; length >= 1; length >>= 1) {
    const bytes = read(at, length);
    if (bytes) return bytes;
  }
  return undefined;
}

const limitValue = (value: bigint): string => (value === RLIM_INFINITY ? 'RLIM64_INFINITY' : value.toString());
const limit = pointed(
  16,
  (view) => `{rlim_cur=${limitValue(view.getBigUint64(0, true))}, rlim_max=${limitValue(view.getBigUint64(8, true))}}`,
);

const maskText = (mask: bigint): string => {
  const all = 0xffff_ffff_ffff_ffffn;
  const some = names.signalNames(mask);
  if (some.length <= 32) return `[${some.map((name) => name.replace(/^SIG/, '')).join(' ')}]`;
  return `~[${names
    .signalNames(all & ~mask)
    .map((name) => name.replace(/^SIG/, ''))
    .join(' ')}]`;
};
const mask = pointed(8, (view) => maskText(view.getBigUint64(0, true)));

const wordAt = (view: DataView, index: number, { arch }: ArgumentContext): bigint =>
  arch.wordSize === 8 ? view.getBigUint64(index * 8, true) : BigInt(view.getUint32(index * 4, true));

/** @source struct kernel_sigaction: handler, flags, restorer, mask */
const action = pointed(
  (arch) => 3 * arch.wordSize + 8,
  (view, context) => {
    const [handler, flags, restorer] = [0, 1, 2].map((index) => wordAt(view, index, context)) as [
      bigint,
      bigint,
      bigint,
    ];
    const special = { SIG_DFL: 0n, SIG_IGN: 1n };
    const blocked = maskText(view.getBigUint64(3 * context.arch.wordSize, true));
    return `{sa_handler=${names.nameOf(special, handler)}, sa_mask=${blocked}, sa_flags=${names.flagNames(names.SA, flags)}, sa_restorer=${address(restorer, context)}}`;
  },
);

/** @source struct itimerval: interval, then value, each seconds and microseconds */
const timer = pointed(
  (arch) => 4 * arch.wordSize,
  (view, context) => {
    const time = (index: number): string =>
      `{tv_sec=${wordAt(view, index, context)}, tv_usec=${wordAt(view, index + 1, context)}}`;
    return `{it_interval=${time(0)}, it_value=${time(2)}}`;
  },
);

/** Of struct prctl_mm_map what the break is about. @source include/uapi/linux/prctl.h */
const layout = pointed(
  96,
  (view) =>
    `{start_brk=0x${view.getBigUint64(32, true).toString(16)}, brk=0x${view.getBigUint64(40, true).toString(16)}, ...}`,
);

/** @source struct user_desc */
const descriptor = pointed(
  16,
  (view) => `{entry_number=${view.getUint32(0, true)}, base_addr=0x${view.getUint32(4, true).toString(16)}, ...}`,
);
const contents = pointed(1, () => '...');
const siginfo: Kind = pointed(12, (view) => `{si_signo=${names.signalName(view.getInt32(0, true))}, ...}`);
const parameter = pointed(4, (view) => `[${view.getInt32(0, true)}]`);

/** How the arguments of each call are printed. A call or an argument without an entry is printed in hex. */
const ARGUMENTS: Partial<Record<SyscallName, readonly Kind[]>> = {
  arch_prctl: [one(names.ARCH_PRCTL), address],
  brk: [address],
  chdir: [text],
  close: [integer],
  close_range: [integer, lastDescriptor, hexadecimal],
  dup2: [integer, integer],
  dup3: [integer, integer, openFlags],
  exit_group: [integer],
  fcntl: [integer, one(names.FCNTL), hexadecimal],
  ftruncate: [integer, count],
  getpid: [],
  lseek: [integer, count, one(names.SEEK)],
  madvise: [address, count, one(names.ADVICE)],
  memfd_create: [text, hexadecimal],
  mlock: [address, count],
  mmap: [address, count, bits(names.PROT, 'PROT_NONE'), bits(names.MAP), integer, hexadecimal],
  mprotect: [address, count, bits(names.PROT, 'PROT_NONE')],
  mremap: [address, count, count, bits(names.MREMAP), address],
  munmap: [address, count],
  openat: [directory, text, openFlags, octal],
  personality: [hexadecimal],
  pipe2: [address, bits(names.OPEN)],
  prctl: [one(names.PRCTL), hexadecimal, hexadecimal, hexadecimal, hexadecimal],
  prlimit64: [integer, one(names.RLIMIT), limit, address],
  read: [integer, address, count],
  rseq: [address, count, hexadecimal, hexadecimal],
  rt_sigaction: [signal, action, address, count],
  rt_sigprocmask: [one(names.SIG_HOW), mask, address, count],
  rt_sigqueueinfo: [integer, signal, siginfo],
  rt_tgsigqueueinfo: [integer, integer, signal, siginfo],
  sched_setscheduler: [integer, one(names.SCHED), parameter],
  set_robust_list: [address, count],
  set_thread_area: [descriptor],
  set_tid_address: [address],
  setitimer: [one(names.ITIMER), timer, address],
  setpriority: [one({ PRIO_PROCESS: 0n, PRIO_PGRP: 1n, PRIO_USER: 2n }), integer, integer],
  sigaltstack: [address, address],
  statx: [directory, text, bits(names.AT), one({ STATX_BASIC_STATS: 0x7ffn }), address],
  umask: [octal],
  write: [integer, contents, count],
};

/** Where i386 has another call under the same heading: its name and arguments. @source mmap2(2), _llseek(2), fcntl64(2) */
const I386: Partial<Record<SyscallName, { readonly name: string; readonly kinds?: readonly Kind[] }>> = {
  mmap: { name: 'mmap2' },
  fcntl: { name: 'fcntl64' },
  lseek: { name: '_llseek', kinds: [integer, count, count, address, one(names.SEEK)] },
};

/** What the arguments after a call's command mean, by the command: `at` is its place. */
const BY_COMMAND: Partial<
  Record<
    SyscallName,
    { readonly at: number; readonly names: names.Names; readonly rows: Readonly<Record<string, readonly Kind[]>> }
  >
> = {
  fcntl: {
    at: 1,
    names: names.FCNTL,
    rows: {
      F_SETFD: [bits({ FD_CLOEXEC: 1n })],
      F_SETFL: [openFlags],
      F_DUPFD: [integer],
      F_DUPFD_CLOEXEC: [integer],
      F_SETPIPE_SZ: [count],
    },
  },
  prctl: {
    at: 0,
    names: names.PRCTL,
    rows: {
      PR_SET_NAME: [text],
      PR_SET_PDEATHSIG: [signal],
      PR_SET_TIMERSLACK: [count],
      PR_SET_MM: [one(names.PR_SET_MM), layout, count],
      ...Object.fromEntries(
        ['PR_SET_DUMPABLE', 'PR_SET_KEEPCAPS', 'PR_SET_NO_NEW_PRIVS', 'PR_SET_CHILD_SUBREAPER'].map((name) => [
          name,
          [count],
        ]),
      ),
    },
  },
};

export interface CallForm {
  readonly name: string;
  /** How argument `index` is printed. */
  readonly argument: (index: number, value: bigint, context: ArgumentContext) => string;
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
      return (special ?? kinds[index] ?? hexadecimal)(value, context);
    },
  };
}
