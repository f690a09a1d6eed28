import { expect, it } from 'vitest';
import { CELLS } from '../cell.ts';
import type { Verdict } from '../judge/verdict.ts';
import { Evidence } from '../report/evidence.ts';
import type { Kernel } from '../vm/kernels.ts';
import { matrixCells } from './cells.ts';
import { expectedLoss, expectedRefusal, judgeStartRefusal } from './refusals.ts';
import { matrixTable } from './table.ts';

const kernel = (name: string, arch: Kernel['arch']): Kernel => ({ name, arch, path: '', from: '' });
const NEW = kernel('7.3', 'amd64');
const NATIVE = kernel('6.1-i386', 'i386');
const [of] = matrixCells(['tls/i386/pie']);

it('the table counts what is the same, what is rightly refused, and what is wrong', () => {
  const verdicts: Verdict[] = [
    { outcome: 'same' },
    { outcome: 'same' },
    { outcome: 'unsupported', feature: '' },
    { outcome: 'infra', cause: '', console: '' },
  ];
  const common = { of: of!, frozenOn: NEW, restoredOn: NATIVE, milliseconds: 0, evidence: new Evidence() };
  const squares = verdicts.map((verdict) => ({ ...common, verdict }));
  expect(matrixTable(squares, [NEW], [NEW, NATIVE])).toBe(
    'frozen on ↓ restored on →  7.3  6.1-i386\n7.3                          0    2+1 !1\n',
  );
});

it('the chosen cells are at least twelve targets, of both architectures', () => {
  const cells = matrixCells([]);
  expect(new Set(cells.map(({ cell }) => cell.target.name)).size).toBeGreaterThanOrEqual(12);
  expect(new Set(cells.map(({ cell }) => cell.arch)).size).toBe(2);
  expect(cells.every(({ cell }) => CELLS.includes(cell))).toBe(true);
});

it('a target is tried for both architectures, the one of 32 bits below 3 GiB', () => {
  const chosen = matrixCells(['tls']).map(({ name, below3GiB }) => [name, below3GiB]);
  expect(chosen).toEqual([
    ['tls/x86-64/pie', false],
    ['tls/i386/pie', true],
  ]);
});

it('a kernel of 32 bits must refuse what it cannot hold, by the words of the limits', () => {
  const [wide] = matrixCells(['tls/x86-64/pie']);
  const [high] = matrixCells(['brk-unaligned/i386/static+high']);
  expect([wide, high, of].map((cell) => expectedRefusal(cell!, NEW))).toEqual([undefined, undefined, undefined]);
  expect(expectedRefusal(of!, NATIVE)).toBeUndefined();

  const refusal = expectedRefusal(wide!, NATIVE)!;
  const said = judgeStartRefusal(refusal, { end: 'exit 127', output: '' }, '/image: Exec format error\n');
  expect(said).toEqual({ outcome: 'unsupported', feature: 'image of a 64-bit process' });
  expect(judgeStartRefusal(refusal, { end: 'exit 0', output: 'ok' }, '').outcome).toBe('differs');

  const above = expectedRefusal(high!, NATIVE)!;
  expect(judgeStartRefusal(above, { end: 'killed by SIGSEGV', output: '' }, '').outcome).toBe('unsupported');
  expect(judgeStartRefusal(above, { end: 'killed by SIGSEGV', output: 'ready' }, '').outcome).toBe('differs');
});

it('what a kernel did not tell is lost, and nothing else', () => {
  const [rseq] = matrixCells(['rseq/x86-64/pie']);
  expect(expectedLoss(rseq!, { release: '5.10.0-32-cloud-amd64' })).toBe('registration of an rseq area');
  expect(expectedLoss(rseq!, { release: '5.13.1' })).toBeUndefined();
  expect(expectedLoss(of!, { release: '5.10.0-32-cloud-amd64' })).toBeUndefined();
});
