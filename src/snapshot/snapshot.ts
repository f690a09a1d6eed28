import type { Descriptor, Contents } from './files/descriptors.ts';
import type { NamelessFile } from './files/nameless-files.ts';
import type { Terminal } from './files/terminal.ts';
import type { Mapping, MemoryLayout, VdsoFunction } from './memory.ts';
import type { PrctlSetting } from './prctl.ts';
import type { Siginfo, SignalAction } from './signals.ts';
import type { Thread } from './thread.ts';
import type { IntervalTimer, PosixTimer } from './timers.ts';

/** Version of the snapshot's description. Raised when a reader of the old one would misread the new one. */
export const SNAPSHOT_SCHEMA = 1;

export type ArchName = 'x86-64' | 'i386';

export interface ResourceLimit {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
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
