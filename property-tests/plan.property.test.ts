import { describe, expect, it } from 'vitest';
import { ARCHES } from '../src/arch/index.ts';
import { overlaps, PAGE, type Range, sizeOf } from '../src/base/range.ts';
import { bufferAccess, readElf } from '../src/elf/read.ts';
import { layOutImage } from '../src/plan/image/file-layout.ts';
import { planImage } from '../src/plan/plan.ts';
import { describeImage } from '../src/snapshot/description.ts';
import type { Snapshot } from '../src/snapshot/snapshot.ts';
import { sampleSnapshot } from '../src/snapshot/testdata/sample.ts';
import { snapshot } from './arbitraries/snapshot.ts';
import { asserted, check } from './check.ts';
import { showSnapshot } from './restored.ts';
import type { Piece } from '../src/plan/image/piece.ts';
import type { Plan } from '../src/plan/job/plan.ts';
import type { Segment } from '../src/plan/job/segment.ts';

const PT_LOAD = 1;

const rangeOf = ({ vaddr, size }: Segment): Range => ({ start: vaddr, end: vaddr + size });
const MODES = [
  ['by default', { lazy: false, brk: 'prctl' }],
  ['with --lazy', { lazy: true, brk: 'prctl' }],
  ['with --brk=layout', { lazy: false, brk: 'layout' }],
] as const;

function layOut(plan: Plan, source: Snapshot): ReturnType<typeof layOutImage> {
  const { differences, remains } = plan;
  return layOutImage(
    plan,
    (stored) => describeImage({ snapshot: source, lazy: false, brk: 'prctl', ...stored, differences, remains }),
    undefined,
  );
}

/** With the bytes of the table of checksums, each made up of where its memory is, instead of what makes it. */
const written = (piece: Piece): unknown =>
  piece.kind === 'sums' ? { ...piece, encode: piece.encode((offset) => Number(offset & 0xffff_ffffn)) } : piece;

const PROPERTIES: Readonly<Record<string, (plan: Plan, source: Snapshot) => void>> = {
  'loads nothing over anything else': (plan) => {
    plan.segments.forEach((segment, i) => {
      const next = plan.segments[i + 1];
      if (next) expect(segment.vaddr + segment.size).toBeLessThanOrEqual(next.vaddr);
    });
  },
  'loads nothing where execve may put the stack': (plan, { mappings }) => {
    const zones = ARCHES[plan.arch.name].stackZones(mappings.reduce((end, m) => (m.end > end ? m.end : end), 0n));
    for (const segment of plan.segments) for (const zone of zones) expect(overlaps(rangeOf(segment), zone)).toBe(false);
  },
  'keeps every byte exactly once': (plan, { mappings }) => {
    const stored = plan.segments.flatMap(({ contents }) =>
      contents.flatMap((content) => (content.kind === 'memory' ? [content] : [])),
    );
    const sorted = stored.sort((a, b) => (a.address < b.address ? -1 : 1));
    sorted.forEach((part, i) =>
      expect(part.address).toBeGreaterThanOrEqual(
        i > 0 ? (sorted[i - 1]?.address ?? 0n) + (sorted[i - 1]?.size ?? 0n) : 0n,
      ),
    );
    const total = mappings.reduce(
      (sum, { extents }) => sum + extents.reduce((own, extent) => own + sizeOf(extent), 0n),
      0n,
    );
    expect(sorted.reduce((sum, { size }) => sum + size, 0n)).toBe(total);
  },
  'puts what remains where the process has nothing': (plan, { mappings }) => {
    expect(mappings.filter((mapping) => overlaps(mapping, plan.remains))).toEqual([]);
    expect(sizeOf(plan.remains)).toBeLessThanOrEqual(64n << 10n);
  },
  'is an ELF executable that the oldest kernel takes': (plan, source) => {
    const layout = layOut(plan, source);
    const head = layout.pieces[0];
    const bytes = Buffer.alloc(Number(layout.size));
    for (const piece of layout.pieces) if (piece.kind === 'bytes') bytes.set(piece.bytes, Number(piece.offset));
    const elf = readElf(bufferAccess(bytes));
    expect(head?.offset).toBe(0n);
    expect(elf.phdrs.length).toBeLessThanOrEqual(plan.arch.maxHeaders);
    const loads = elf.phdrs.filter(({ type }) => type === PT_LOAD);
    expect(loads.map(({ vaddr }) => vaddr)).toEqual(plan.segments.map(({ vaddr }) => vaddr));
    for (const { offset, vaddr, filesz, memsz } of loads) {
      expect([offset % PAGE, vaddr % PAGE, filesz]).toEqual([0n, 0n, memsz]);
      expect(offset + filesz).toBeLessThanOrEqual(layout.size);
    }
  },
};

describe.each(['x86-64', 'i386'] as const)('the image of any %s process', (arch) => {
  describe.each(MODES)('made %s,', (how, mode) => {
    it.each(Object.entries(PROPERTIES))('%s', async (name, holds) => {
      await check(snapshot(arch, sampleSnapshot, 200, mode.brk === 'layout' ? 'low' : 'anywhere'), {
        title: `the image of any ${arch} process made ${how}, ${name}`,
        runs: 100,
        problems: asserted((source) => holds(planImage(source, mode), source)),
        show: showSnapshot,
      });
    });

    it('is the same for the same snapshot', async ({ task }) => {
      await check(snapshot(arch, sampleSnapshot, 50, 'low'), {
        title: `the image of any ${arch} process made ${how}, ${task.name}`,
        runs: 10,
        problems: asserted((source) => {
          const twice = [0, 1].map(() => layOut(planImage(structuredClone(source), mode), source).pieces.map(written));
          expect(twice[0]).toEqual(twice[1]);
        }),
        show: showSnapshot,
      });
    });
  });

  it('loads up to the break and nothing above it, when the layout is to bring it back', async ({ task }) => {
    await check(snapshot(arch, sampleSnapshot, 50, 'low'), {
      title: `the image of any ${arch} process ${task.name}`,
      runs: 100,
      problems: asserted((source) => {
        const { segments } = planImage(source, { lazy: false, brk: 'layout' });
        const end = segments.reduce(
          (highest, { vaddr, size }) => (vaddr + size > highest ? vaddr + size : highest),
          0n,
        );
        expect(end).toBe(source.layout.brk & ~(PAGE - 1n));
      }),
      show: showSnapshot,
    });
  });
});
