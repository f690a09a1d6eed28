import type { Ended } from '../agent/hands.ts';
import { isDocumented } from '../experiment/limits.ts';
import { showsRseq } from '../judge/other-kernel.ts';
import { type Verdict, verdictOf } from '../judge/verdict.ts';
import type { Kernel } from '../vm/kernels.ts';
import type { MatrixCell } from './cells.ts';

/** How a kernel says that an image is none for it. */
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

export function expectedRefusal({ cell, below3GiB }: MatrixCell, kernel: Kernel): StartRefusal | undefined {
  if (kernel.arch === 'amd64') return undefined;
  if (cell.arch === 'x86-64') return OF_64_BITS;
  return below3GiB ? undefined : ABOVE_3_GIB;
}

/** What a kernel did not tell elfreeze, and so is lost: words that are in docs/limits.md. */
export const expectedLoss = ({ cell }: MatrixCell, frozenOn: { readonly release: string }): string | undefined =>
  cell.target.name === 'rseq' && !showsRseq(frozenOn) ? 'registration of an rseq area' : undefined;

export function judgeStartRefusal({ limit, end, says }: StartRefusal, ended: Ended, stderr: string): Verdict {
  const isSaid = ended.end === end && stderr.includes(says) && ended.output === '';
  if (isSaid && isDocumented(limit)) return { outcome: 'unsupported', feature: limit };
  const after = `${ended.end}: ${ended.output}${stderr}`.trim();
  return verdictOf([{ kind: 'limits', at: limit, before: `${end}: ${says}`, after }]);
}
