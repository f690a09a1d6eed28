import type { Range } from '../../base/range.ts';
import type { FilePart } from '../files/nameless-files.ts';
import type { Carrier } from '../memory/carriers.ts';

/** Where everything is that is not the process's. */
export interface Place {
  /** What stays: the last instructions of the restorer and of each thread, the gate, the signal frame, the live vdso. */
  readonly remains: Range;
  readonly tail: Range;
  /** Where each thread but the first has its last instructions, in the tail. */
  readonly go: readonly bigint[];
  /** Two words that threads wait at, and the signal frame behind them. */
  readonly gate: bigint;
  readonly frame: bigint;
  readonly liveVdso: Range;
  /** The restorer's stack, slots and data, its code, its program, the window, the seal: unmapped at the end. */
  readonly workshop: Range;
  readonly slots: bigint;
  /** End of the stack that the threads have in turn. */
  readonly threadStack: bigint;
  /** Free addresses that memory is moved aside to, a chunk at a time. */
  readonly window: bigint;
  readonly chunk: bigint;
  /** The last page of what is loaded from the file. */
  readonly seal: bigint;
  /** The file's headers, and the checksums behind them. */
  readonly sums: Range;
  /** Memory that cannot be loaded at its own address, and where each carrier of it begins. */
  readonly pack: Range | undefined;
  readonly packed: ReadonlyMap<Carrier, bigint>;
  /** What is in nameless files lies in the pack too. */
  readonly fileParts: readonly FilePart[];
  /** Free addresses for shared objects, in the order of findSharedObjects. */
  readonly sharedObjects: readonly Range[];
}
