import { ElfreezeError, invariant } from '../base/errors.ts';
import { hex, overlaps, PAGE, type Range } from '../base/range.ts';
import type { Arch } from '../arch/arch.ts';
import { ARCHES } from '../arch/index.ts';
import type { Snapshot, Thread } from '../snapshot/snapshot.ts';
import { breakCeiling } from './brk-layout.ts';
import { type Carrier, planCarriers } from './carriers.ts';

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

/**
 * Headers that are not for memory of the process: note, stack, tail, frame, data, code, program, pack, seal, sums, ceiling,
 * and the program's two for debuggers and unwinders.
 */
const OWN_HEADERS = 13;

/** @throws UNSUPPORTED */
export function beginJob(snapshot: Snapshot, options: PlanOptions): Job {
  const arch = ARCHES[snapshot.arch];
  const [thread, ...others] = snapshot.threads;
  invariant(thread !== undefined, 'a process has a thread');
  const mapped = snapshot.mappings.filter(({ kind }) => kind !== 'vsyscall');
  const highest = mapped.reduce((end, mapping) => (mapping.end > end ? mapping.end : end), 0n);
  if (highest > arch.userEnd) {
    throw new ElfreezeError('UNSUPPORTED', 'memory above 2^47, which only CPUs with five-level paging have');
  }
  const stackZones = arch.stackZones(highest);
  if (options.brk === 'layout') checkCeiling(breakCeiling(snapshot), stackZones);
  const above = options.brk === 'layout' ? [{ start: breakCeiling(snapshot), end: arch.userEnd }] : [];
  const forbidden = [...stackZones, ...above];
  const carriers = planCarriers(snapshot.mappings, arch.maxHeaders - OWN_HEADERS, forbidden);
  return { ...options, arch, snapshot, thread, others, stackZones, forbidden, carriers };
}

/** @throws UNSUPPORTED when the segment that ends at the break could meet the new stack */
function checkCeiling(ceiling: bigint, stackZones: readonly Range[]): void {
  const last = { start: ceiling - PAGE, end: ceiling };
  if (!stackZones.some((zone) => overlaps(zone, last))) return;
  throw new ElfreezeError(
    'UNSUPPORTED',
    `--brk=layout with the program break where execve may put the stack (${hex(ceiling)})`,
  );
}
