import type { Ended } from '../agent/hands.ts';
import { isDocumented, OTHER_FILE } from '../experiment/limits.ts';
import type { Look } from '../judge/look.ts';
import { hasRoom, showsRseq } from '../judge/other-kernel.ts';
import { type Verdict, verdictOf } from '../judge/verdict.ts';
import { isFrom } from '../release.ts';
import type { MatrixCell } from './cells.ts';
import { lackingFeatures } from './portable.ts';
import type { Site } from './site.ts';

/** How an image, or the kernel, says that it cannot go on there. */
export interface StartRefusal {
  /** Words that are in docs/limits.md. */
  readonly limit: string;
  readonly end: string;
  /** Words on standard error. */
  readonly says: string;
}

/** A kernel of 32 bits has neither 64-bit programs nor addresses above 3 GiB. The lab's `exit 127` is that of a shell. */
const OF_64_BITS: StartRefusal = {
  limit: 'image of a 64-bit process',
  end: 'exit 127',
  says: 'Exec format error',
};
const ABOVE_3_GIB: StartRefusal = { limit: 'addresses above 3 GiB', end: 'killed by SIGSEGV', says: '' };

const OTHER_CPU = 'the CPU features that its C library may have chosen code by';

export function expectedRefusal(
  { cell, below3GiB, portable }: Pick<MatrixCell, 'cell' | 'below3GiB' | 'portable'>,
  frozenOn: Pick<Site, 'features' | 'release'>,
  { kernel, features, release }: Pick<Site, 'kernel' | 'features' | 'release'>,
): StartRefusal | undefined {
  if (kernel.arch === 'i386' && cell.arch === 'x86-64') return OF_64_BITS;
  if (kernel.arch === 'i386' && !below3GiB) return ABOVE_3_GIB;
  const { since } = cell.target;
  if (since && isFrom(frozenOn.release, since.release) && !isFrom(release, since.release))
    return { limit: since.limits, end: 'exit 126', says: `elfreeze: ${since.limits} ` };
  const [lacking] = portable ? [] : lackingFeatures(frozenOn.features, features);
  return lacking === undefined ? undefined : { limit: OTHER_CPU, end: 'exit 126', says: `this CPU lacks ${lacking}` };
}

/**
 * What is lost anywhere, or because a kernel did not tell elfreeze, or on kernels of 32 bits: words that are in docs/limits.md.
 * @param before how it was when it was frozen
 */
export function expectedLoss(
  { cell: { target } }: Pick<MatrixCell, 'cell'>,
  frozenOn: Pick<Site, 'release'>,
  before: Pick<Look, 'facts'>,
  { kernel: { arch }, release }: Pick<Site, 'kernel' | 'release'>,
): string | undefined {
  if (target.loses !== undefined) return target.loses;
  if (target.name === 'rseq' && !showsRseq(frozenOn)) return 'registration of an rseq area';
  if (target.name === 'environment-args' && !hasRoom({ arch, release }, before.facts['auxv'] ?? ''))
    return 'if the vector is longer than those kernels keep';
  const { limits, from = '0' } = (arch === 'i386' && target.losesOn32Bit) || {};
  return isFrom(release, from) ? limits : undefined;
}

/** What goes on as it was on the same machine only is not tried on another. */
export function judgeElsewhere({ cell: { target } }: Pick<MatrixCell, 'cell'>): Verdict | undefined {
  const { elsewhere } = target;
  return elsewhere === undefined ? undefined : { outcome: 'unsupported', feature: elsewhere };
}

/** How an image says that what it had at a path is not there: in another machine its files are not. */
const NO_FILE = ['cannot open the FIFO', 'cannot open', 'cannot find', 'cannot enter the working directory'];

/** Where POSIX shared memory has its names. @source shm_overview(7) */
const SHARED_MEMORY = '/dev/shm';

/** An image did not start for want of the cell's own files, or because they are others there. @param work where they were */
export function judgeNoFile({ end, output }: Ended, stderr: string, work: string): Verdict | undefined {
  const limit = NO_FILE.find((words) =>
    [work, SHARED_MEMORY].some((place) => stderr.startsWith(`elfreeze: ${words} ${place}/`)),
  );
  const isOther = stderr.startsWith(`elfreeze: ${work}/`) && stderr.includes(OTHER_FILE);
  const feature = isOther ? OTHER_FILE : limit;
  return feature !== undefined && end === 'exit 126' && output === '' && isDocumented(feature)
    ? { outcome: 'unsupported', feature }
    : undefined;
}

export function judgeStartRefusal({ limit, end, says }: StartRefusal, ended: Ended, stderr: string): Verdict {
  const isSaid = ended.end === end && stderr.includes(says) && ended.output === '';
  if (isSaid && isDocumented(limit)) return { outcome: 'unsupported', feature: limit };
  const after = `${ended.end}: ${ended.output}${stderr}`.trim();
  return verdictOf([{ kind: 'limits', at: limit, before: `${end}: ${says}`, after }]);
}
