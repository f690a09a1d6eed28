import type { Range } from '../base/range.ts';

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

/** The bytes of the memory that a snapshot describes, or of one of its files: then an address is an offset. */
export interface MemorySource {
  /**
   * Fills `into` from `address` on. Several reads may be under way at once.
   * @throws READ_FAILED when a byte of it cannot be read
   */
  read(address: bigint, into: Uint8Array): Promise<void>;
}
