import { formatRange, hex, PAGE, type Range } from '../../src/base/range.ts';
import type { Arch, Look, MapsLine } from './look.ts';
import { isPrivateAnonymous } from './memory.ts';
import type { Segment } from './segments.ts';

/** A process that was restored rightly, stopped before its first own instruction, to be spoilt. */
export interface Subject {
  readonly arch: Arch;
  readonly look: Look;
  /** Where [vvar] was when it was frozen. */
  readonly vvar: Range;
  /** Runs plant.c on it. @returns what it printed */
  readonly plant: (...args: readonly (string | bigint | number)[]) => Promise<string>;
}

/** An image, to be spoilt before it runs. */
export interface ImageSubject {
  readonly heap: Range;
  readonly segments: readonly Segment[];
  /** Changes one byte of the file. */
  readonly flip: (offset: bigint) => Promise<void>;
}

/** Each gives what the judge must say, with its place. */
export type Plant =
  | { readonly process: (subject: Subject) => Promise<readonly RegExp[]> }
  | { readonly image: (subject: ImageSubject) => Promise<readonly RegExp[]> };

export type Fault = Plant & {
  readonly name: string;
  /** A target in which it can be planted. */
  readonly target: string;
  /** Not to be seen from outside: the target finds it when it goes on. */
  readonly foundBy?: 'target';
  /** Why only root sees it. */
  readonly rootOnly?: string;
};

/** Numbers of the calls that the process is made to make. @source arch/x86/entry/syscalls/syscall_64.tbl, syscall_32.tbl */
const CALLS = {
  'x86-64': {
    brk: 12, chdir: 80, close: 3, inotify_rm_watch: 255, lseek: 8, madvise: 28, mmap: 9, mprotect: 10, munmap: 11, prctl: 157,
    rt_sigaction: 13, rt_sigtimedwait: 128, sigaltstack: 131, umask: 95,
  },
  i386: {
    brk: 45, chdir: 12, close: 6, inotify_rm_watch: 293, lseek: 19, madvise: 219, mmap: 192, mprotect: 125, munmap: 91, prctl: 172,
    rt_sigaction: 174, rt_sigtimedwait: 177, sigaltstack: 186, umask: 60,
  },
} as const; // prettier-ignore

/** Arguments by their names. @source include/uapi/asm-generic/mman.h, include/uapi/linux/prctl.h, arch/x86 signal.h */
const ARGUMENTS = {
  PROT_READ: 1, MAP_PRIVATE_ANONYMOUS: 0x22, MAP_FIXED_NOREPLACE: 0x100000, MADV_DONTDUMP: 16, SEEK_CUR: 1, PR_SET_NAME: 15, PR_SET_MM: 35,
  PR_SET_MM_MAP: 14, PR_SET_TIMERSLACK: 29, SIGSET_BYTES: 8, SS_DISABLE: 2,
} as const; // prettier-ignore
const { PROT_READ, MAP_PRIVATE_ANONYMOUS, MAP_FIXED_NOREPLACE, MADV_DONTDUMP, SEEK_CUR, PR_SET_NAME } = ARGUMENTS;
const { PR_SET_MM, PR_SET_MM_MAP, PR_SET_TIMERSLACK, SIGSET_BYTES, SS_DISABLE } = ARGUMENTS;

const call = (
  { arch, plant }: Subject,
  name: keyof (typeof CALLS)[Arch],
  ...args: readonly (string | bigint | number)[]
): Promise<string> => plant('call', CALLS[arch][name], ...args);

/** The call must succeed, or nothing was planted. */
async function must(result: Promise<string>): Promise<bigint> {
  const value = BigInt(await result);
  if (value < 0n && value > -4096n) throw new Error(`a fault could not be planted: errno ${-value}`);
  return value;
}

const said = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(/[[\](){}+.*?^$|\\]/g, String.raw`\$&`).replaceAll('…', '.*')}$`);

const find = ({ look }: Subject, what: string, is: (line: MapsLine) => boolean): MapsLine => {
  const line = look.maps.find(is);
  if (!line) throw new Error(`the target has no ${what}`);
  return line;
};
const heapOf = (subject: Subject) => find(subject, 'heap', ({ path }) => path === '[heap]');
/** Anonymous memory of which some was touched: no fault is seen where nothing was. */
const anonymousOf = (subject: Subject) =>
  find(
    subject,
    'anonymous memory',
    (line) =>
      isPrivateAnonymous(line) &&
      line.path === '' &&
      line.permissions === 'rw-p' &&
      subject.look.memory.some(({ address }) => address === line.start),
  );

const firstPage = ({ start }: Range): Range => ({ start, end: start + PAGE });
const littleEndian = (values: readonly bigint[]): string => {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(value, 8 * index);
  return bytes.toString('hex');
};

/** user_regs_struct: where the register of that name lies. @source arch/x86/include/asm/user_64.h */
const REGISTER = { 'x86-64': { name: 'r12', offset: 24 }, i386: { name: 'esi', offset: 104 } } as const;

const MEMORY: readonly Fault[] = [
  {
    name: 'one flipped byte of anonymous memory',
    target: 'mremap-grow',
    process: async (subject) => {
      const at = anonymousOf(subject).start + 1234n;
      await subject.plant('byte', hex(at), 1);
      return [said(`bytes ${hex(at)}: …, was …`)];
    },
  },
  {
    name: 'one flipped byte of the heap',
    target: 'brk-unaligned',
    process: async (subject) => {
      const at = heapOf(subject).start + PAGE + 7n;
      await subject.plant('byte', hex(at), 0x80);
      return [said(`bytes ${hex(at)} ([heap]): …, was …`)];
    },
  },
  {
    name: 'one flipped byte of the heap in the image',
    target: 'brk-unaligned',
    image: async ({ heap, segments, flip }) => {
      const at = heap.start + PAGE + 7n;
      const segment = segments.find(({ type, start, end }) => type === 'LOAD' && start <= at && at < end);
      if (!segment) throw new Error('the heap is in no segment');
      await flip(segment.offset + at - segment.start);
      return [said(`bytes ${hex(at)} ([heap]): …, was …`)];
    },
  },
  {
    name: 'a missing mapping',
    target: 'mremap-grow',
    process: async (subject) => {
      const page = firstPage(anonymousOf(subject));
      await must(call(subject, 'munmap', page.start, PAGE));
      return [
        said(`mapping ${formatRange(page)}: nothing, was anonymous`),
        said(`bytes ${hex(page.start)}…: ${'0'.repeat(32)}, was …`),
      ];
    },
  },
  {
    name: 'a mapping too many',
    target: 'brk-unaligned',
    process: async (subject) => {
      const start = await must(call(subject, 'mmap', 0, PAGE, PROT_READ, MAP_PRIVATE_ANONYMOUS, -1, 0));
      // On i386 the call's result is a negative number of 32 bits.
      const page = firstPage({ start: BigInt.asUintN(subject.arch === 'i386' ? 32 : 64, start), end: 0n });
      return [said(`mapping ${formatRange(page)}: anonymous, was nothing`)];
    },
  },
  {
    name: 'a mapping where [vvar] was',
    target: 'brk-unaligned',
    process: async (subject) => {
      const page = firstPage(subject.vvar);
      const flags = MAP_PRIVATE_ANONYMOUS | MAP_FIXED_NOREPLACE;
      await must(call(subject, 'mmap', page.start, PAGE, PROT_READ, flags, -1, 0));
      return [said(`mapping ${formatRange(page)}: anonymous, was nothing`)];
    },
  },
  {
    name: 'a wrong protection',
    target: 'brk-unaligned',
    process: async (subject) => {
      const page = firstPage(heapOf(subject));
      await must(call(subject, 'mprotect', page.start, PAGE, PROT_READ));
      return [said(`protection ${formatRange(page)}: r--, was rw-`)];
    },
  },
  {
    name: 'wrong advice',
    target: 'brk-unaligned',
    process: async (subject) => {
      const page = firstPage(heapOf(subject));
      await must(call(subject, 'madvise', page.start, PAGE, MADV_DONTDUMP));
      return [said(`flags ${formatRange(page)}: dd, was `)];
    },
  },
  {
    name: 'brk off by one',
    target: 'brk-unaligned',
    foundBy: 'target',
    process: async (subject) => {
      const brk = await must(call(subject, 'brk', 0));
      await must(call(subject, 'brk', brk + 1n));
      return [said(`output line 2: differs: line …: brk is ${hex(brk + 1n)}, was ${hex(brk)}, was ok`)];
    },
  },
  {
    name: 'start_brk off by one',
    target: 'brk-unaligned',
    process: async (subject) => {
      const { facts } = subject.look;
      const [of, brk] = [(name: string) => BigInt(facts[name]!), await must(call(subject, 'brk', 0))];
      const start = of('start of brk');
      // struct prctl_mm_map, without a new auxiliary vector and executable. @source include/uapi/linux/prctl.h
      const map = [
        of('start of code'), of('end of code'), of('start of data'), of('end of data'), start + 1n, brk,
        of('start of stack'), of('start of arguments'), of('end of arguments'),
        of('start of environment'), of('end of environment'), 0n, 0xffffffff_00000000n,
      ]; // prettier-ignore
      const bytes = `bytes=${littleEndian(map)}`;
      await must(call(subject, 'prctl', PR_SET_MM, PR_SET_MM_MAP, '@0', 8 * map.length, 0, bytes));
      return [said(`process start of brk: ${start + 1n}, was ${start}`)];
    },
  },
];

const REGISTERS: readonly Fault[] = [
  {
    name: 'a changed register',
    target: 'registers',
    process: async ({ arch, plant }) => {
      const { name, offset } = REGISTER[arch];
      await plant('register', offset, 1);
      return [said(`register ${name}: …, was …`)];
    },
  },
  {
    name: 'one bit of a vector register',
    target: 'fpu-sse-avx-state',
    process: async ({ plant }) => {
      // xmm3, whose 16 bytes begin at 160 + 3 × 16.
      await plant('xstate', 208 + 5, 1);
      return [said('xstate xmm byte 53: …, was …')];
    },
  },
];

const SIGNALS: readonly Fault[] = [
  {
    name: 'a lost pending signal of the process',
    target: 'signal-pending',
    process: async (subject) => {
      // Taken by waiting for it: signal 41, and no time.
      const set = `bytes=${littleEndian([1n << 40n, 0n, 0n])}`;
      await must(call(subject, 'rt_sigtimedwait', '@0', 0, '@8', SIGSET_BYTES, set));
      return [said('kernel pending for the process: …, was …')];
    },
  },
  {
    name: 'a lost pending signal of the thread',
    target: 'signal-pending',
    process: async (subject) => {
      const set = `bytes=${littleEndian([1n << 11n, 0n, 0n])}`;
      await must(call(subject, 'rt_sigtimedwait', '@0', 0, '@8', SIGSET_BYTES, set));
      return [said('process SigPnd: …, was …'), said('kernel pending for the thread: [], was …')];
    },
  },
  {
    name: 'a lost handler',
    target: 'signal-handler',
    process: async (subject) => {
      await must(call(subject, 'rt_sigaction', 10, '@0', 0, SIGSET_BYTES));
      return [said('process SigCgt: …, was …')];
    },
  },
  {
    name: 'a changed mask',
    target: 'signal-mask',
    process: async ({ plant }) => {
      await plant('mask', hex(1n << 9n));
      return [said('kernel signal mask: …, was …')];
    },
  },
  {
    name: 'no alternate signal stack',
    target: 'signal-altstack',
    foundBy: 'target',
    process: async (subject) => {
      // stack_t: ss_sp, ss_flags, ss_size; the flags are at 8, of 32-bit processes at 4.
      const stack = subject.arch === 'i386' ? [BigInt(SS_DISABLE) << 32n, 0n, 0n] : [0n, BigInt(SS_DISABLE), 0n];
      await must(call(subject, 'sigaltstack', '@0', 0, `bytes=${littleEndian(stack)}`));
      return [said('output line 2: differs: …, was ok')];
    },
  },
];

const KERNEL_HELD: readonly Fault[] = [
  {
    name: 'another file offset',
    target: 'file-offset',
    process: async (subject) => {
      await must(call(subject, 'lseek', 700, 1, SEEK_CUR));
      return [said('descriptor 700: … position 5, was … position 4')];
    },
  },
  {
    name: 'a closed descriptor',
    target: 'file-offset',
    process: async (subject) => {
      await must(call(subject, 'close', 700));
      return [said('descriptor 700: closed, was …')];
    },
  },
  {
    name: 'a file that is not watched any more',
    target: 'inotify-all-events',
    process: async (subject) => {
      const [fd] = Object.entries(subject.look.descriptors).find(([, { link }]) => link === 'anon_inode:inotify') ?? [];
      await must(call(subject, 'inotify_rm_watch', fd ?? '-1', 2));
      return [said(`descriptor ${fd}: … wd:1 …, was … wd:1 … wd:2 …`)];
    },
  },
  {
    name: 'another umask',
    target: 'umask',
    process: async (subject) => {
      await must(call(subject, 'umask', 0));
      return [said('process Umask: 0000, was …')];
    },
  },
  {
    name: 'another working directory',
    target: 'cwd',
    process: async (subject) => {
      await must(call(subject, 'chdir', '@0', 'bytes=2f00'));
      return [said('process cwd: /, was …')];
    },
  },
  {
    name: 'another name',
    target: 'process-name',
    process: async (subject) => {
      await must(call(subject, 'prctl', PR_SET_NAME, '@0', 'bytes=7800'));
      return [said('process comm: x, was …'), said('kernel name of the thread: "780a", was …')];
    },
  },
  {
    name: 'another timer slack',
    target: 'prctl-settings',
    rootOnly: 'timerslack_ns of another process takes CAP_SYS_NICE', // proc_pid_timerslack_ns(5)
    process: async (subject) => {
      await must(call(subject, 'prctl', PR_SET_TIMERSLACK, 12345));
      return [said('process timerslack_ns: 12345, was …')];
    },
  },
];

/** Each is planted alone. */
export const FAULTS: readonly Fault[] = [...MEMORY, ...REGISTERS, ...SIGNALS, ...KERNEL_HELD];
