import { expect, it } from 'vitest';
import type { Verdict } from '../judge/verdict.ts';
import { Evidence } from '../report/evidence.ts';
import { recordVerdict } from '../report/recording.ts';
import type { Kernel } from '../vm/kernels.ts';
import { matrixCells } from './cells.ts';
import type { Square } from './run.ts';
import { inOrder, matrixText } from './table.ts';

const kernel = (name: string, arch: Kernel['arch']): Kernel => ({ name, arch, modules: [], path: '', from: '' });
const NEW = kernel('7.3', 'amd64');
const NATIVE = kernel('6.1-i386', 'i386');
const cells = await matrixCells({ targets: ['tls'], moments: 1, seed: '1' });

const square = (rest: Partial<Square> = {}): Square => ({
  of: cells[0]!,
  frozenOn: NEW,
  restoredOn: NATIVE,
  verdict: { outcome: 'same' },
  milliseconds: 0,
  evidence: new Evidence(),
  ...rest,
});

it('the table counts what is the same, what is rightly refused, and what is wrong, and says why', () => {
  const verdicts: Verdict[] = [
    { outcome: 'same' },
    { outcome: 'same' },
    { outcome: 'infra', cause: 'no frame came', console: 'Kernel panic' },
    { outcome: 'unsupported', feature: 'image of a 64-bit process' },
  ];
  const place = (name: string) => ({ name, kernel: '' });
  const told = (verdict: Verdict, restore: string) => ({
    name: `${verdict.outcome}/x86-64/pie`,
    verdict: recordVerdict(verdict),
    places: { freeze: place('Linux 7.3'), restore: place(restore) },
  });
  const records = [told(verdicts[0]!, 'Linux 7.3'), ...verdicts.map((verdict) => told(verdict, 'Linux 6.1-i386'))];
  expect(matrixText(records)).toBe(`frozen on ↓ restored on →  7.3  6.1-i386
7.3                          1    2+1 !1

A field N+R !W: N cells are the same, R are refused as docs/limits.md says, W are wrong.

1 refused: image of a 64-bit process
    frozen on 7.3, restored on 6.1-i386
    unsupported/x86-64/pie
1 wrong, infra: no frame came (and 1 more)
    frozen on 7.3, restored on 6.1-i386
    infra/x86-64/pie
`);
  expect(matrixText(records.slice(0, 1))).toMatch(/^frozen on [^\n]*\n7\.3 +1\n\nA field [^\n]*\n$/);
});

it('squares are told in the order of the kernels and the cells', () => {
  const plan = { cells, freezeOn: [NEW], restoreOn: [NEW, NATIVE] };
  const ordered = [NEW, NATIVE].flatMap((restoredOn) => cells.map((of) => square({ of, restoredOn })));
  expect(inOrder([...ordered].reverse(), plan)).toEqual(ordered);
});
