import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARCHES } from '../../src/arch/index.ts';
import { overlaps, PAGE } from '../../src/base/range.ts';
import { snapshotSchema } from '../../src/snapshot/schema.ts';
import { toJson } from '../../src/snapshot/json.ts';
import { runnable } from './runnable.ts';

const SEED = 4;

describe.each(['x86-64', 'i386'] as const)('a made-up process, %s', (arch) => {
  const all = fc.sample(runnable(arch), { seed: SEED, numRuns: 60 });

  it('has disjoint mappings of whole pages, ascending, inside user space', () => {
    for (const { mappings } of all)
      mappings.forEach((mapping, i) => {
        expect([mapping.start % PAGE, mapping.end % PAGE]).toEqual([0n, 0n]);
        expect(mapping.start).toBeLessThan(mapping.end);
        expect(mapping.end).toBeLessThanOrEqual(ARCHES[arch].userEnd);
        const next = mappings[i + 1];
        if (next) expect(mapping.end).toBeLessThanOrEqual(next.start);
      });
  });

  it('holds what it holds inside its mappings', () => {
    for (const { mappings } of all)
      for (const { extents, ...mapping } of mappings)
        for (const extent of extents) expect(overlaps(extent, mapping) && extent.end <= mapping.end).toBe(true);
  });

  it('has every register, in as many bits as there are', () => {
    for (const { threads } of all) {
      const { registers } = threads[0]!;
      expect(Object.keys(registers).sort()).toEqual([...ARCHES[arch].registers].sort());
      for (const value of Object.values(registers)) expect(value >> BigInt(8 * ARCHES[arch].wordSize)).toBe(0n);
    }
  });

  it('has its break at any byte, and now and then thousands of mappings', () => {
    const many = fc.sample(runnable(arch), { seed: SEED, numRuns: 300 });
    expect(new Set(many.map(({ layout }) => layout.brk % PAGE)).size).toBeGreaterThan(100);
    expect(Math.max(...many.map(({ mappings }) => mappings.length))).toBeGreaterThan(500);
  });

  it('is what the schema of snapshots takes', () => {
    for (const source of all.slice(0, 10)) expect(() => snapshotSchema.parse(JSON.parse(toJson(source)))).not.toThrow();
  });

  it('is the same for the same seed', () => {
    expect(fc.sample(runnable(arch), { seed: SEED, numRuns: 5 })).toEqual(all.slice(0, 5));
  });
});
