import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, type Range } from '../base/range.ts';
import type { MemorySource } from '../snapshot/memory.ts';
import { sampleMapping, sampleSnapshot } from '../snapshot/testdata/sample.ts';
import { comparableRanges, compareMemory } from './memory.ts';
import { intersectAll, overlay, subtractAll } from './ranges.ts';

const MIB = 1n << 20n;

/** Memory of zeros, but for what is changed. */
const memory = (changed: ReadonlyMap<bigint, number> = new Map()): MemorySource => ({
  read: (address, into) => {
    into.fill(0);
    for (const [at, byte] of changed) {
      if (at >= address && at < address + BigInt(into.length)) into[Number(at - address)] = byte;
    }
    return Promise.resolve();
  },
});

const changedAt = (...addresses: bigint[]): MemorySource => memory(new Map(addresses.map((at) => [at, 0xab])));

describe('two memories', () => {
  const ranges = [{ start: 0n, end: 3n * MIB + 4096n }];

  it('are the same, to the last byte', async () => {
    const { differences, compared } = await compareMemory(memory(), memory(), ranges, []);
    expect({ differences, compared }).toEqual({ differences: [], compared: 3n * MIB + 4096n });
  });

  it('differ first at an address, in pages that follow each other across chunks', async () => {
    const found = changedAt(MIB - 1n, MIB + 5n, 2n * MIB);
    const { differences } = await compareMemory(memory(), found, ranges, []);
    expect(differences).toEqual([
      { what: 'memory', where: 'ff000-101000, first at 0xfffff', recorded: '00', found: 'ab' },
      { what: 'memory', where: '200000-201000, first at 0x200000', recorded: '00'.repeat(16), found: `ab${'00'.repeat(15)}` },
    ]);
  }); // prettier-ignore

  it('may differ where it is declared, to the byte', async () => {
    const skip = [{ start: 100n, end: 104n }];
    expect((await compareMemory(memory(), changedAt(100n, 103n), ranges, skip)).differences).toEqual([]);
    expect((await compareMemory(memory(), changedAt(104n), ranges, skip)).differences).toHaveLength(1);
    expect((await compareMemory(memory(), changedAt(99n), ranges, skip)).differences).toHaveLength(1);
  });

  it('are listed up to a limit and counted beyond', async () => {
    const found = changedAt(...Array.from({ length: 10 }, (_, i) => BigInt(i) * 8192n));
    const { differences, more } = await compareMemory(memory(), found, ranges, [], 3);
    expect([differences.length, more]).toEqual([3, 7]);
  });

  it('are compared where either has touched them and both have something', () => {
    const anon = (start: bigint, end: bigint, ...extents: Range[]) => sampleMapping({ start, end, kind: 'anon', extents });
    const recorded = { ...sampleSnapshot, mappings: [anon(0x1000n, 0x9000n, { start: 0x2000n, end: 0x3000n })] };
    const touched = { start: 0x7000n, end: 0x8000n };
    const found = { ...sampleSnapshot, mappings: [anon(0x1000n, 0x8000n, touched), anon(0xa000n, 0xb000n, { start: 0xa000n, end: 0xb000n })] };
    expect(comparableRanges(recorded, found)).toEqual([{ start: 0x2000n, end: 0x3000n }, touched]);
  }); // prettier-ignore
});

/** Ascending ranges between 0 and 40. */
const list = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }).map((points) => {
  const ascending = points.sort((a, b) => a - b).map(BigInt);
  return ascending.flatMap((start, i) => (i % 2 === 0 && ascending[i + 1] !== undefined ? [{ start, end: ascending[i + 1]! }] : []));
}); // prettier-ignore
const points = Array.from({ length: 41 }, (_, i) => BigInt(i));
const has = (ranges: readonly Range[], point: bigint): boolean => ranges.some((range) => contains(range, point));

describe('lists of ranges', () => {
  it('hold after an operation exactly the points that they should', () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        for (const point of points) {
          expect(has(intersectAll(a, b), point)).toBe(has(a, point) && has(b, point));
          expect(has(subtractAll(a, b), point)).toBe(has(a, point) && !has(b, point));
          const over = overlay(a, b).filter((stretch) => contains(stretch, point));
          expect(over.map(({ recorded, found }) => [recorded !== undefined, found !== undefined])).toEqual(
            has(a, point) || has(b, point) ? [[has(a, point), has(b, point)]] : [],
          );
        }
      }),
    );
  });
});
