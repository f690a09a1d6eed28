import type { Range } from '../base/range.ts';
import type { Snapshot, Thread } from '../snapshot/snapshot.ts';
import type { Program } from './program.ts';
import { forwardedRanges } from './vdso-steps.ts';

/** Memory of the continued process that is not what the snapshot recorded, and why. There are no others. */
export interface Difference extends Range {
  readonly reason: string;
}

export function declareDifferences(program: Program, snapshot: Snapshot, thread: Thread, remains: Range): Difference[] {
  const differences: Difference[] = [
    {
      ...remains,
      reason: "the restorer's remains: its last instructions, the signal frame, the running kernel's vdso",
    },
    ...snapshot.mappings
      .filter(({ kind }) => kind === 'vvar')
      .map(({ start, end }) => ({ start, end, reason: 'data of the vdso of the kernel it was frozen on' })),
    ...forwardedRanges(program, snapshot),
  ];
  for (const word of thread.tidWords) differences.push({ start: word, end: word + 4n, reason: 'the new thread id' });
  if (thread.rseq) {
    const { address, size } = thread.rseq;
    differences.push({
      start: address,
      end: address + BigInt(Math.max(size, 32)),
      reason: 'the restartable sequence area, which the kernel writes',
    });
  }
  return differences.sort((a, b) => (a.start < b.start ? -1 : 1));
}
