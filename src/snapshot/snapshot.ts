import { decodeName } from '../base/names.ts';
import type { Range } from '../base/range.ts';
import type { Descriptor, Contents } from './descriptors.ts';
import type { NamelessFile } from './nameless-files.ts';
import type { PosixTimer } from './posix-timer.ts';

export type * from './descriptors.ts';
export type { NamelessFile } from './nameless-files.ts';
export type { PosixTimer } from './posix-timer.ts';

/** Version of the snapshot's description. Raised when a reader of the old one would misread the new one. */
export const SNAPSHOT_SCHEMA = 1;

export type ArchName = 'x86-64' | 'i386';

/** mmap(2) PROT_*. */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

/**
 * What a mapping is, and so how it is carried (plan/memory/carry.ts has one row per kind).
 * - `anon` private anonymous; the heap and thread stacks too
 * - `stack` the main thread's stack, as mm->start_stack tells
 * - `file` private mapping of a file
 * - `private-nameless` private mapping of a memfd or deleted file that is among the snapshot's `nameless`: what the process has
 *   not written shows the file
 * - `file-tail` private mapping that reaches past the end of its file, where it raises SIGBUS
 * - `shared-anon` shared anonymous memory that no other process maps
 * - `shared-file` shared mapping of a file that could be written through it
 * - `shared-file-ro` shared mapping of a file opened read-only: nobody can write through it
 * - `shared-nameless` shared mapping of a memfd or a deleted file, which is among the snapshot's `nameless`
 * - `sysv` System V shared memory that no other process has, and that ends with its last mapping; the inode is its id
 * - `vdso` `vvar` `vsyscall` the kernel's own
 */
export type MappingKind =
  | 'anon'
  | 'stack'
  | 'file'
  | 'file-tail'
  | 'private-nameless'
  | 'shared-anon'
  | 'shared-file'
  | 'shared-file-ro'
  | 'shared-nameless'
  | 'sysv'
  | 'vdso'
  | 'vvar'
  | 'vsyscall';

/** One line of /proc/PID/maps, and what smaps and pagemap add to it. */
export interface Mapping extends Range {
  readonly kind: MappingKind;
  readonly prot: number;
  /** Offset in the mapped file, bytes. */
  readonly offset: bigint;
  /** Device and inode of the mapped file, `fd:00` and a number; `00:00` and 0 for anonymous memory. */
  readonly dev: string;
  readonly inode: bigint;
  /** Column 6 of maps: a path, `[heap]`, … or ''. */
  readonly path: string;
  /** Two-letter flags of smaps' VmFlags line. @source proc_pid_smaps(5) */
  readonly vmFlags: readonly string[];
  /** Page ranges whose bytes must be carried, ascending. Every other page of an anonymous mapping reads as zeros. */
  readonly extents: readonly Range[];
  /** Page ranges that raise SIGSEGV whatever the protection (MADV_GUARD_INSTALL), ascending. They have no bytes. */
  readonly guards: readonly Range[];
}

/** Register values by the names of the kernel's user_regs_struct for the architecture. */
export type Registers = Readonly<Record<string, bigint>>;

export interface AltStack {
  readonly sp: bigint;
  readonly flags: number;
  readonly size: bigint;
}

export interface Rseq {
  readonly address: bigint;
  readonly size: number;
  readonly signature: number;
  /** Where the thread goes on when it was stopped inside a restartable sequence. */
  readonly abort?: bigint;
}

/** i386 TLS descriptor. @source struct user_desc, modify_ldt(2) */
export interface TlsDescriptor {
  readonly entry: number;
  readonly base: bigint;
  readonly limit: bigint;
  readonly flags: number;
}

export interface Thread {
  readonly tid: number;
  /** Its id in its own pid namespace. */
  readonly ownTid: number;
  /** Its name: up to 15 bytes of any kind. */
  readonly name: Uint8Array;
  readonly nice: number;
  /** As sched_getscheduler(2) returns it. */
  readonly schedPolicy: number;
  /** 0 unless the policy is a real-time one. */
  readonly rtPriority: number;
  /** As ioprio_get(2) returns it, when it has one of its own. */
  readonly ioPriority?: number;
  /** `0-2,5`: the processors that it may run on, when these are not all of the host's. */
  readonly affinity?: string;
  /** Settings that each thread has for itself. */
  readonly prctls: readonly PrctlSetting[];
  /** As ptrace read them: a system call that was interrupted shows as orig_ax ≥ 0 and ax = −512 … −516. */
  readonly registers: Registers;
  /** Whole xstate in the standard (not compacted) XSAVE format. Hex in the description. */
  readonly xstate: Uint8Array;
  /** Blocked signals; bit N−1 is signal N. */
  readonly sigmask: bigint;
  readonly altstack: AltStack;
  /** The number of the interrupted call when the kernel had replaced it by restart_syscall. */
  readonly lostSyscall?: number;
  readonly pending: readonly Siginfo[];
  readonly rseq?: Rseq;
  readonly robustList: { readonly head: bigint; readonly length: bigint };
  readonly clearChildTid: bigint;
  /** Addresses of the 32-bit words in which the C library, or the runtime, keeps the thread's id: its own, and those of locks that it holds. */
  readonly tidWords: readonly bigint[];
  /** i386 only. */
  readonly tls: readonly TlsDescriptor[];
}

export const threadName = ({ name }: Pick<Thread, 'name'>): string => decodeName(name);

/** A queued signal: siginfo_t in the 64-bit layout, 128 bytes. */
export interface Siginfo {
  readonly signo: number;
  readonly bytes: Uint8Array;
}

/** The kernel's struct sigaction. */
export interface SignalAction {
  readonly signo: number;
  readonly handler: bigint;
  readonly flags: bigint;
  readonly restorer: bigint;
  readonly mask: bigint;
}

/** setitimer(2). Microseconds. */
export interface IntervalTimer {
  readonly which: number;
  readonly intervalUs: bigint;
  readonly valueUs: bigint;
}

export interface ResourceLimit {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

/** mm_struct's own idea of the layout. @source proc_pid_stat(5) fields 26–28, 45–51; brk(2) */
export interface MemoryLayout {
  readonly startCode: bigint;
  readonly endCode: bigint;
  readonly startData: bigint;
  readonly endData: bigint;
  readonly startBrk: bigint;
  readonly brk: bigint;
  readonly startStack: bigint;
  readonly argStart: bigint;
  readonly argEnd: bigint;
  readonly envStart: bigint;
  readonly envEnd: bigint;
  /** All of /proc/PID/auxv. */
  readonly auxv: Uint8Array;
}

/** @source vdso(7) */
export interface VdsoFunction {
  readonly name: string;
  readonly address: bigint;
  readonly size: bigint;
}

/** The controlling terminal of a process in its foreground. */
export interface Terminal {
  /** The lowest descriptor that leads to it. */
  readonly fd: number;
  /** struct termios2, 44 bytes. */
  readonly settings: Uint8Array;
}

/** A value that prctl(2) tells and takes back; `name` is the row of plan/prctl.ts. */
export interface PrctlSetting {
  readonly name: string;
  readonly value: bigint;
}

/** All that was learnt of a process, but for the bytes of its memory. Pure data. */
export interface Snapshot {
  readonly schema: typeof SNAPSHOT_SCHEMA;
  readonly arch: ArchName;
  readonly kernelRelease: string;
  readonly cpu: {
    /** ISA extensions that code in the process may have chosen by; names as in /proc/cpuinfo. */
    readonly required: readonly string[];
  };
  readonly pid: number;
  readonly comm: string;
  /** By job control. */
  readonly stopped: boolean;
  readonly exe: string;
  readonly cwd: string;
  /** Which directory that is; absent for the root directory, which is the caller's, and where any directory of that path will do. */
  readonly cwdFile?: { readonly dev: bigint; readonly inode: bigint };
  readonly umask: number;
  readonly personality: number;
  readonly oomScoreAdj: number;
  readonly limits: readonly ResourceLimit[];
  readonly prctls: readonly PrctlSetting[];
  /** What the process has registered for: names of rows in membarrier.ts. */
  readonly membarriers: readonly string[];
  readonly layout: MemoryLayout;
  readonly mappings: readonly Mapping[];
  /** Functions that the saved [vdso] exports, each name once an address. */
  readonly vdsoFunctions: readonly VdsoFunction[];
  readonly actions: readonly SignalAction[];
  /** Signals queued for the process as a whole, which every thread blocks when there are several. */
  readonly pending: readonly Siginfo[];
  readonly itimers: readonly IntervalTimer[];
  readonly posixTimers: readonly PosixTimer[];
  /** The first is the one whose id is the process's. */
  readonly threads: readonly Thread[];
  readonly descriptors: readonly Descriptor[];
  readonly pipes: readonly Contents[];
  /** What waits in the sockets of pairs. */
  readonly sockets: readonly Contents[];
  readonly terminal?: Terminal;
  readonly nameless: readonly NamelessFile[];
}

/** The bytes of the memory that a snapshot describes, or of one of its files: then an address is an offset. */
export interface MemorySource {
  /**
   * Fills `into` from `address` on. Several reads may be under way at once.
   * @throws READ_FAILED when a byte of it cannot be read
   */
  read(address: bigint, into: Uint8Array): Promise<void>;
}
