import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARCHES } from '../../src/arch/index.ts';
import { contains, overlaps, PAGE, sizeOf } from '../../src/base/range.ts';
import { snapshotSchema } from '../../src/snapshot/schema/schema.ts';
import { toJson } from '../../src/snapshot/json.ts';
import { runnable, spinning } from './runnable.ts';

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

  it('has mappings of every kind, and guard regions inside of memory that they take the bytes of', () => {
    const kinds = new Set(all.flatMap(({ mappings }) => mappings.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(['anon', 'file', 'shared-anon', 'shared-file-ro', 'stack', 'vdso', 'vvar']);
    const guarded = all.flatMap(({ mappings }) => mappings.filter(({ guards }) => guards.length > 0));
    expect(guarded.length).toBeGreaterThan(0);
    for (const { guards, extents, ...mapping } of guarded)
      for (const guard of guards) {
        expect(mapping.start <= guard.start && guard.start < guard.end && guard.end <= mapping.end).toBe(true);
        expect(extents.some((extent) => overlaps(extent, guard))).toBe(false);
      }
  });

  it('has no guard regions where a kernel has none, and fits below 3 GiB where it must', () => {
    const small = fc.sample(runnable(arch, { where: 'below-3-gib', guards: false }), { seed: SEED, numRuns: 100 });
    for (const { mappings } of small) {
      expect(mappings.flatMap(({ guards }) => guards)).toEqual([]);
      expect(mappings.at(-1)!.end).toBeLessThan(0xc000_0000n);
    }
  });

  it('is the same for the same seed', () => {
    expect(fc.sample(runnable(arch), { seed: SEED, numRuns: 5 })).toEqual(all.slice(0, 5));
  });

  it('shrinks to the mapping that matters', () => {
    const found = fc.check(
      fc.property(runnable(arch), ({ mappings }) => mappings.every(({ kind }) => kind !== 'shared-anon')),
      { seed: SEED, numRuns: 100 },
    );
    const [{ mappings, threads }] = found.counterexample!;
    expect(mappings.map(({ kind }) => kind)).toEqual(['shared-anon', 'stack']);
    expect(sizeOf(mappings[0]!)).toBe(PAGE);
    expect(threads[0]!.xstate.subarray(160, 416).every((byte) => byte === 0)).toBe(true);
  });
});

describe.each(['x86-64', 'i386'] as const)('a made-up process that runs on, %s', (arch) => {
  const all = fc.sample(spinning(arch), { seed: SEED, numRuns: 60 });

  it('has its next instruction in memory that it may execute, and room below its stack pointer', () => {
    const { ip, sp } = ARCHES[arch];
    for (const { source, code } of all) {
      const { registers, sigmask } = source.threads[0]!;
      const at = (address: bigint) => source.mappings.find((mapping) => contains(mapping, address));
      expect([registers[ip], at(code.address)?.prot, sigmask]).toEqual([code.address, 5, 0n]);
      expect(registers[sp]! - at(registers[sp]!)!.start).toBeGreaterThan(0x8000n);
    }
  });

  it('is the same for the same seed', () => {
    expect(fc.sample(spinning(arch), { seed: SEED, numRuns: 5 })).toEqual(all.slice(0, 5));
  });
});
