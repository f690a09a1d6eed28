import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumOf } from '../base/sum.ts';
import { decodeSums, encodeSums, sumBytes, sumRows } from './sums.ts';

const bytes = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 1, maxLength: size });

describe('a checksum', () => {
  it('differs when any one byte differs', () => {
    fc.assert(
      fc.property(bytes(9000), fc.nat(), fc.integer({ min: 1, max: 255 }), (whole, where, change) => {
        const changed = Uint8Array.from(whole);
        const at = where % whole.length;
        changed[at] = changed[at]! ^ change;
        expect(sumOf(changed)).not.toBe(sumOf(whole));
      }),
    );
  });

  it('is of whole pages, wherever the bytes lie', () => {
    fc.assert(
      fc.property(bytes(9000), fc.integer({ min: 0, max: 7 }), (some, shift) => {
        const page = new Uint8Array(Math.ceil(some.length / 4096) * 4096);
        page.set(some);
        const moved = new Uint8Array(some.length + shift).subarray(shift);
        moved.set(some);
        expect(sumOf(moved)).toBe(sumOf(page));
      }),
    );
  });
});

it('a stretch has a row for each MiB, of whole pages', () => {
  expect(sumRows(0x1000n, 0x20_0801n)).toEqual([
    { address: 0x1000n, size: 0x10_0000 },
    { address: 0x10_1000n, size: 0x10_0000 },
    { address: 0x20_1000n, size: 0x1000 },
  ]);
});

describe('the table', () => {
  const table = encodeSums({
    own: sumBytes(0x5000n, Buffer.alloc(5000, 1)),
    memory: sumBytes(0x7f00_0000_0000n, Buffer.alloc(4096, 2)),
    note: 0xffff_ffff,
  });

  it('is read as it was written', () => {
    expect(decodeSums(Buffer.concat([table, Buffer.alloc(64)]))).toEqual({
      own: [{ address: 0x5000n, size: 8192, sum: sumOf(Buffer.alloc(5000, 1)) }],
      memory: [{ address: 0x7f00_0000_0000n, size: 4096, sum: sumOf(Buffer.alloc(4096, 2)) }],
      note: 0xffff_ffff,
    });
  });

  it('is none when any byte of it is another, or it is cut', () => {
    const unused = [12, 13, 14, 15];
    for (let at = 0; at < table.length; at++) {
      const changed = Uint8Array.from(table);
      changed[at] = changed[at]! ^ 0x41;
      if (!unused.includes(at)) expect(decodeSums(changed), `byte ${at}`).toBeUndefined();
      expect(decodeSums(table.subarray(0, at)), `cut at ${at}`).toBeUndefined();
    }
  });
});
