import type { Range } from '../base/range.ts';
import type { Snapshot, Thread } from '../snapshot/snapshot.ts';
import type { Program } from './program.ts';
import { forwardedRanges } from './vdso-steps.ts';

/** Memory of the continued process that is not what the snapshot recorded, and why. There are no others. */
export interface Difference extends Range {
  readonly reason: string;
}

export function declareDifferences(program: Program, snapshot: Snapshot, remains: Range): Difference[] {
  const differences: Difference[] = [
    {
      ...remains,
      reason: "the restorer's remains: last instructions, the signal frame, the running kernel's vdso",
    },
    ...snapshot.mappings
      .filter(({ kind }) => kind === 'vvar')
      .map(({ start, end }) => ({ start, end, reason: 'data of the vdso of the kernel it was frozen on' })),
    ...forwardedRanges(program, snapshot),
  ];
  for (const thread of snapshot.threads) differences.push(...ofThread(thread));
  return differences.sort((a, b) => (a.start < b.start ? -1 : 1));
}

function ofThread({ tidWords, rseq }: Thread): Difference[] {
  const words = tidWords.map((word) => ({ start: word, end: word + 4n, reason: 'the new thread id' }));
  if (!rseq) return words;
  const end = rseq.address + BigInt(Math.max(rseq.size, 32));
  return [...words, { start: rseq.address, end, reason: 'the restartable sequence area, which the kernel writes' }];
}
