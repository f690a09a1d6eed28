import type { Range } from '../base/range.ts';
import type { ArchName } from '../snapshot/snapshot.ts';
import type { ReportedBrk, ReportedMapping } from './report.ts';
import type { StepText } from './program-text.ts';

/**
 * What `elfreeze inspect --json` prints: one of the two reports, with every bigint as a `0x…` string. Fields are added,
 * never renamed; a field is absent where it is not known.
 */
export type Report = ProcessReport | ImageReport;

interface Common {
  readonly pid: number;
  readonly comm: string;
  /** Path of the program; '' for a kernel thread. */
  readonly exe: string;
  readonly cwd?: string;
  readonly mappings: readonly ReportedMapping[];
  readonly brk?: ReportedBrk;
  readonly threads: readonly ReportedThread[];
  readonly signals: ReportedSignals;
  readonly timers: readonly ReportedTimer[];
  readonly descriptors: readonly ReportedDescriptor[];
}

export interface ProcessReport extends Common {
  readonly kind: 'process';
  /** Absent for a kernel thread, which has no program. */
  readonly arch?: ArchName;
  /** `S (sleeping)`, as the kernel prints it. */
  readonly state: string;
  /** What the kernel did not let us read, with the reason. */
  readonly unread: readonly string[];
}

export interface ImageReport extends Common {
  readonly kind: 'image';
  readonly path: string;
  readonly arch: ArchName;
  /** Of the kernel that the process was frozen on. */
  readonly kernelRelease: string;
  readonly lazy: boolean;
  /** Bytes of the file; of the disk (holes take none); of the process's memory in it. */
  readonly size: { readonly file: bigint; readonly disk: bigint; readonly memory: bigint };
  readonly entry: bigint;
  /** The image's own program headers. */
  readonly headers: readonly ReportedHeader[];
  /** CPU features without which it does not start. */
  readonly cpu: readonly string[];
  /** Memory that will not be as recorded. There are no other differences. */
  readonly declaredDifferences: readonly (Range & { readonly reason: string })[];
  /** What the restorer leaves mapped. */
  readonly remains: Range;
  /** Only with --verify: bytes that are loaded, all as they were written. */
  readonly verified?: bigint;
  /** Only with --program. */
  readonly program?: readonly StepText[];
}

export interface ReportedHeader extends Range {
  readonly index: number;
  /** `PT_LOAD`, … */
  readonly type: string;
  readonly perms: string;
  /** In the file. */
  readonly offset: bigint;
  readonly fileSize: bigint;
  /** What it is for. */
  readonly role: string;
}

export interface ReportedThread {
  readonly tid: number;
  readonly comm?: string;
  /** Processes only. */
  readonly state?: string;
  readonly ip?: bigint;
  /** Where `ip` is, in words. */
  readonly at?: string;
  readonly sp?: bigint;
  /** The system call it waits in. */
  readonly call?: string;
  readonly blocked: readonly string[];
  readonly pending: readonly string[];
  /** All of them, by name; images only. */
  readonly registers?: Readonly<Record<string, bigint>>;
  readonly altstack?: { readonly sp: bigint; readonly size: bigint };
}

export interface ReportedSignals {
  /** Queued for the process as a whole. */
  readonly pending: readonly string[];
  readonly ignored: readonly string[];
  /** Handler and flags: images only. */
  readonly handled: readonly {
    readonly signal: string;
    readonly handler?: bigint;
    readonly at?: string;
    readonly flags?: string;
  }[];
}

export interface ReportedTimer {
  /** `ITIMER_REAL`, `POSIX timer 0`, … */
  readonly name: string;
  /** Microseconds; images only, /proc does not tell them. */
  readonly valueUs?: bigint;
  readonly intervalUs?: bigint;
  /** Of POSIX timers: the clock; of processes, also who is told how. */
  readonly notify?: string;
}

export interface ReportedDescriptor {
  readonly fd: number;
  /** `file`, `directory`, `device`, `tty`, `pipe`, `fifo`, `socket`, `stdio` (whatever the image's caller has), `other`. */
  readonly kind: string;
  /** What it leads to. */
  readonly target: string;
  /** `O_RDWR|O_APPEND`. */
  readonly flags: string;
  readonly cloexec: boolean;
  readonly position: bigint;
  /** The lowest descriptor with the same open file description, so the same position. */
  readonly sharesWith?: number;
}
