import type { Range } from '../../src/base/range.ts';

/** One line of /proc/PID/maps, with the flags that smaps adds. */
export interface MapsLine extends Range {
  /** `rw-p` */
  readonly permissions: string;
  readonly offset: bigint;
  /** 0 for anonymous memory. */
  readonly inode: bigint;
  readonly path: string;
  readonly vmFlags: readonly string[];
}

/** Bytes that were read, from a page boundary on. */
export interface Extent {
  readonly address: bigint;
  /** `null`: the kernel refuses to read this one page. */
  readonly bytes: Buffer | null;
}

export type Arch = 'x86-64' | 'i386';

/** What peek.c prints of one thread. */
export interface ThreadPeek {
  readonly arch: Arch;
  readonly registers: Readonly<Record<string, string>>;
  readonly xstate: string;
  readonly components: readonly { readonly bit: number; readonly offset: number; readonly size: number }[];
  readonly sigmask: string;
  readonly pending: { readonly thread: readonly string[] };
  readonly rseq?: { readonly address: string; readonly size: number; readonly signature: number };
  readonly robustList?: string;
  readonly tls?: string;
  /** In hex. */
  readonly name: string;
  readonly nice: number;
  readonly policy: number;
}

/** What peek.c prints: the first thread, and in it the others. */
export interface Peek extends ThreadPeek {
  readonly pending: { readonly thread: readonly string[]; readonly process: readonly string[] };
  readonly others: readonly ThreadPeek[];
}

export interface DescriptorLook {
  /** Where /proc/PID/fd/N leads, with `pipe:[…]`, `socket:[…]`, namespaces and deleted files numbered in order of appearance. */
  readonly link: string;
  readonly flags: string;
  readonly position: string;
  /** From Linux 5.14 on. */
  readonly inode?: string;
  /** Of inotify only: the kernel's lines for what it watches, sorted. */
  readonly watches?: readonly string[];
}

/** All that the lab sees of a process from outside at one moment. Pure data: what differs is decided elsewhere. */
export interface Look {
  readonly maps: readonly MapsLine[];
  /** Ascending. Pages of private anonymous memory that are not here read as zeros. */
  readonly memory: readonly Extent[];
  readonly arch: Arch;
  readonly tids: readonly number[];
  /** The system call that each thread waits in: number, six arguments, stack pointer and instruction pointer. Empty for one that runs. */
  readonly calls: readonly (readonly bigint[])[];
  /** Single facts, by the name that a report gives them. */
  readonly facts: Readonly<Record<string, string>>;
  readonly descriptors: Readonly<Record<number, DescriptorLook>>;
  /** Missing where a look by ptrace would have disturbed. */
  readonly peek?: Peek;
}
