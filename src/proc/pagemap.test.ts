import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE } from '../base/range.ts';
import { populatedPages } from './pagemap.ts';
import { recorded } from './testdata/recorded.ts';

const pages = (...ranges: [number, number][]) =>
  ranges.map(([first, end]) => ({ start: BigInt(first) * PAGE, end: BigInt(end) * PAGE }));
const entries = (...bits: bigint[][]) =>
  new Uint8Array(BigUint64Array.from(bits, (entry) => entry.reduce((sum, bit) => sum | (1n << bit), 0n)).buffer);

describe('the eight recorded pages', () => {
  // Untouched, written twice, read, untouched, file written, file read, untouched.
  const eight = recorded('odd.pagemap');

  it('are populated where they were touched', () => {
    expect(populatedPages(eight, 0n)).toEqual(pages([1, 4], [5, 7]));
  });
  it('are private but for the one of the file that was only read', () => {
    expect(populatedPages(eight, 0n, 'private')).toEqual(pages([1, 4], [5, 6]));
  });
  it('are at their address', () => {
    expect(populatedPages(eight, 0x7ffbaa1a6000n)[0]).toEqual({ start: 0x7ffbaa1a7000n, end: 0x7ffbaa1aa000n });
  });
  it('are the same at any place in a buffer', () => {
    const shifted = new Uint8Array(eight.length + 3);
    shifted.set(eight, 3);
    expect(populatedPages(shifted.subarray(3), 0n)).toEqual(populatedPages(eight, 0n));
  });
});

it('swapped pages count', () => {
  const four = entries([62n], [62n, 61n], [62n, 58n], [58n - 3n, 0n]);
  expect(populatedPages(four, 0n)).toEqual(pages([0, 3]));
});

it('no entries are no pages', () => {
  expect(populatedPages(new Uint8Array(), 0n)).toEqual([]);
});

it('an entry cut short is refused', () => {
  expect(() => populatedPages(new Uint8Array(12), 0n)).toThrow(expect.objectContaining({ code: 'PROC_UNPARSABLE' }));
});

it('the ranges hold exactly the present pages, and none touches the next', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (present) => {
      const ranges = populatedPages(entries(...present.map((yes) => (yes ? [63n] : []))), 0n);
      const inside = present.map((_, i) =>
        ranges.some(({ start, end }) => start <= BigInt(i) * PAGE && BigInt(i) * PAGE < end),
      );
      expect(inside).toEqual(present);
      expect(ranges.every(({ end }, i) => i + 1 === ranges.length || end < ranges[i + 1]!.start)).toBe(true);
    }),
  );
});
