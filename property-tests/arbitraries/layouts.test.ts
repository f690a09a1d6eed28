import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlaps } from '../../src/base/range.ts';
import { PT } from '../../src/elf/constants.ts';
import { bufferAccess } from '../../src/elf/access.ts';
import { readElf } from '../../src/elf/read.ts';
import { type BrokenLayout, brokenLayout, RULES_TO_BREAK } from './broken.ts';
import { type ElfLayout, encodeLayout } from './elf-layout.ts';
import { launch } from './launch.ts';
import { validLayout } from './segments.ts';

const PAGE = 4096n;
const SEED = 4;
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(arbitrary, { seed: SEED, numRuns });
const loadsOf = ({ headers }: ElfLayout) => headers.filter(({ type }) => type === PT.PT_LOAD);

describe('a right layout', () => {
  const layouts = sample(validLayout, 500);

  it('has its segments inside the file, and congruent with their addresses', () => {
    for (const layout of layouts)
      for (const { offset, vaddr, filesz, memsz } of loadsOf(layout)) {
        expect(offset + filesz).toBeLessThanOrEqual(BigInt(layout.fileSize));
        expect((offset - vaddr) % PAGE).toBe(0n);
        expect(filesz).toBeLessThanOrEqual(memsz);
      }
  });

  it('has no page in two segments', () => {
    for (const layout of layouts) {
      const pages = loadsOf(layout).map(({ vaddr, memsz }) => ({
        start: vaddr & -PAGE,
        end: (vaddr + memsz + PAGE - 1n) & -PAGE,
      }));
      for (const [i, one] of pages.entries())
        for (const other of pages.slice(i + 1)) expect(overlaps(one, other)).toBe(false);
    }
  });

  it('is encoded as headers that say what it says', () => {
    for (const layout of layouts.slice(0, 100)) {
      const { size, pieces } = encodeLayout(layout);
      const bytes = Buffer.alloc(size);
      for (const { offset, bytes: part } of pieces) bytes.set(part, offset);
      const elf = readElf(bufferAccess(bytes));
      expect(elf).toMatchObject({ cls: layout.cls, type: layout.type, machine: layout.machine, entry: layout.entry });
      const told = elf.phdrs.slice(0, layout.headers.length).map(({ paddr: _, ...header }) => header);
      expect(told).toEqual(layout.headers);
    }
  });
});

describe('a broken layout', () => {
  it('says which rule was broken, and each is broken sometimes', () => {
    const rules = new Set(sample(brokenLayout, 3000).map(({ rule }) => rule));
    expect([...rules].sort()).toEqual([...RULES_TO_BREAK].sort());
  });
});

describe('a broken layout, for the rule that it names,', () => {
  /** Fields in which two layouts differ, those of an interpreter as its own. */
  const differing = (one: ElfLayout, two: ElfLayout): string[] =>
    (Object.keys(one) as (keyof ElfLayout)[]).filter((key) => !isDeepStrictEqual(one[key], two[key]));

  it('has one field of the right one changed, or one of its interpreter', () => {
    const changes = ({ right, layout }: BrokenLayout): number[] => {
      const own = differing(right, layout);
      const inner = own[0] === 'interpreter' ? differing(right.interpreter!, layout.interpreter!) : [];
      return [own.length, inner.length];
    };
    const wrong = sample(brokenLayout, 500).filter((broken) => Math.max(...changes(broken)) > 1);
    expect(wrong.map(({ rule }) => rule)).toEqual([]);
  });
});

describe('a launch', () => {
  it('is the same for the same seed', () => {
    expect(sample(launch, 50)).toEqual(sample(launch, 50));
  });

  it('is broken on purpose about every other time', () => {
    const broken = sample(launch, 1000).filter((each) => each.broken !== '').length;
    expect(broken).toBeGreaterThan(400);
    expect(broken).toBeLessThan(600);
  });

  it('shrinks to nothing but what matters', () => {
    const found = fc.check(
      fc.property(launch, ({ layout }) => loadsOf(layout).every(({ memsz }) => memsz < 0x2000n)),
      { seed: SEED, numRuns: 1000 },
    );
    const [{ layout }] = found.counterexample!;
    expect(found.failed).toBe(true);
    expect(loadsOf(layout).filter(({ memsz }) => memsz > 0n).length).toBeLessThanOrEqual(2);
    expect(layout.interpreter).toBeUndefined();
  });
});
