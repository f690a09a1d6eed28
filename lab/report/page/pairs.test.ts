import { expect, it } from 'vitest';
import type { CellRecord } from '../record.ts';
import { sampleCell } from '../sample.ts';
import { countOutcomes, describeCounts, pairsOf } from './pairs.ts';

const cell = (freeze: string, restore: string, verdict: CellRecord['verdict'] = { outcome: 'same' }): CellRecord =>
  sampleCell({ places: { freeze: { name: freeze, kernel: '' }, restore: { name: restore, kernel: '' } }, verdict });

it('pairs are those of the places, in the order of the cells', () => {
  const [first, second, third] = [cell('6.1', '5.10'), cell('6.1', '7.3'), cell('5.10', '7.3')];
  const pairs = pairsOf([first, second, third, first])!;
  expect(pairs.freeze).toEqual(['6.1', '5.10']);
  expect(pairs.restore).toEqual(['5.10', '7.3']);
  expect(pairs.cells({ freeze: '6.1', restore: '5.10' })).toEqual([first, first]);
  expect(pairs.cells({ freeze: '5.10', restore: '5.10' })).toEqual([]);
});

it('one pair is none to compare', () => {
  expect(pairsOf([cell('host', 'container'), cell('host', 'container')])).toBeUndefined();
});

it('outcomes are counted, and those that came are told', () => {
  const refused = { outcome: 'unsupported', feature: '' } as const;
  const counts = countOutcomes([cell('', ''), cell('', '', refused), cell('', '', refused)]);
  expect(counts).toEqual({ same: 1, unsupported: 2, differs: 0, infra: 0 });
  expect(describeCounts(counts)).toBe('1 same, 2 unsupported');
});
