import { ElfreezeError, invariant } from '../../base/errors.ts';
import { hex, overlaps, PAGE, type Range } from '../../base/range.ts';
import { ARCHES } from '../../arch/index.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Job, PlanOptions } from '../job/job.ts';
import { breakCeiling } from './brk-layout.ts';
import { planCarriers } from '../memory/carriers.ts';

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
