import type { Range } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Carrier } from '../memory/carriers.ts';
import type { Thread } from '../../snapshot/thread.ts';

export interface PlanOptions {
  /** Leave anonymous memory as views of the image: the start takes no time, at a price (docs/limits.md). */
  readonly lazy: boolean;
  /**
   * How the program break comes back: by prctl(2), which every kernel with CONFIG_CHECKPOINT_RESTORE has, or by the
   * layout of the image (brk-layout.ts), which works on any.
   */
  readonly brk: 'prctl' | 'layout';
  /** Address of a 32-bit word that is 1 in the image. */
  readonly tell?: bigint;
}

/** What is known before anything is placed. */
export interface Job extends PlanOptions {
  readonly arch: Arch;
  readonly snapshot: Snapshot;
  /** The first thread, and all others. */
  readonly thread: Thread;
  readonly others: readonly Thread[];
  /** Where execve may put the new stack. */
  readonly stackZones: readonly Range[];
  /** Where nothing may be loaded: the stack zones, and with `layout` everything above the heap. */
  readonly forbidden: readonly Range[];
  readonly carriers: readonly Carrier[];
}
