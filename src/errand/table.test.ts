import { expect, it } from 'vitest';
import { decodeResults, encodeTable, tableSize, WRITE_SPARSELY } from './table.ts';

const CALLS = [
  { nr: 39, args: [] },
  { nr: WRITE_SPARSELY, args: [3n, 0x8000_0000n, 0x1000n, 0xffff_ffffn, 1n] },
];

it.each([
  [8, '2700000000000000', 'feffffffffffffff'],
  [4, '27000000', 'feffffff'],
] as const)(
  'with words of %i bytes a row is the number and six arguments, and a row of −1 ends it',
  (wordSize, ...nrs) => {
    const bytes = Buffer.from(encodeTable(CALLS, wordSize));
    expect(bytes).toHaveLength(tableSize(2, wordSize));
    const word = (row: number, column: number): string => {
      const at = (row * 7 + column) * wordSize;
      return bytes.subarray(at, at + wordSize).toString('hex');
    };
    expect([word(0, 0), word(1, 0)]).toEqual(nrs);
    expect(word(0, 1)).toBe('00'.repeat(wordSize));
    expect(word(1, 2)).toBe('00000080'.padEnd(wordSize * 2, '0'));
    expect(word(2, 0)).toBe('ff'.repeat(wordSize));
  },
);

it.each([8, 4] as const)('results of %i bytes are signed', (wordSize) => {
  const bytes = encodeTable([{ nr: -22, args: [7n] }, { nr: 5, args: [] }], wordSize); // prettier-ignore
  expect(decodeResults(bytes, 2, wordSize)).toEqual([-22n, 5n]);
});
