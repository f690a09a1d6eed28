import type { Range } from '../../base/range.ts';
import type { Thread } from '../../snapshot/thread.ts';
import type { Difference } from '../job/plan.ts';
import type { Job } from '../job/job.ts';
import type { Program } from '../program/program.ts';
import { forwardedRanges } from '../memory/vdso-steps.ts';

export function declareDifferences(program: Program, { snapshot, tell }: Job, remains: Range): Difference[] {
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
  if (tell !== undefined)
    differences.push({ start: tell, end: tell + 4n, reason: 'what tells the program that it is an image' });
  for (const thread of snapshot.threads) differences.push(...ofThread(thread));
  return differences.sort((a, b) => (a.start < b.start ? -1 : 1));
}

function ofThread({ tidWords, rseq }: Thread): Difference[] {
  const words = tidWords.map((word) => ({ start: word, end: word + 4n, reason: 'the new thread id' }));
  if (!rseq) return words;
  const end = rseq.address + BigInt(Math.max(rseq.size, 32));
  return [...words, { start: rseq.address, end, reason: 'the restartable sequence area, which the kernel writes' }];
}
