import { decodeName } from '../base/names.ts';
import type { PrctlSetting } from './prctl.ts';
import type { Siginfo } from './signals.ts';

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
