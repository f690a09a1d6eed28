import fc from 'fast-check';
import { PT } from '../../src/elf/constants.ts';
import { type ElfLayout, type Header, phdrSize } from './elf-layout.ts';
import { INTERPRETED, layoutOfShapes, validLayout } from './segments.ts';

const PAGE = 4096n;

/** Breaks one rule. `which` chooses among headers, `amount` how far; both may be any. */
type Break = (layout: ElfLayout, which: number, amount: bigint) => ElfLayout;

const edit = (
  layout: ElfLayout,
  type: number,
  which: number,
  change: (header: Header) => Partial<Header>,
): ElfLayout => {
  const places = layout.headers.flatMap((header, i) => (header.type === type ? [i] : []));
  const at = places[which % Math.max(1, places.length)];
  return at === undefined
    ? layout
    : { ...layout, headers: layout.headers.map((header, i) => (i === at ? { ...header, ...change(header) } : header)) };
};

const editLoad =
  (change: (header: Header, layout: ElfLayout, amount: bigint) => Partial<Header>): Break =>
  (layout, which, amount) =>
    edit(layout, PT.PT_LOAD, which, (header) => change(header, layout, amount));
const editInterp =
  (change: (header: Header, amount: bigint) => Partial<Header>): Break =>
  (layout, which, amount) =>
    edit(layout, PT.PT_INTERP, which, (header) => change(header, amount));
const editInterpreter =
  (change: Break): Break =>
  (layout, which, amount) =>
    layout.interpreter ? { ...layout, interpreter: change(layout.interpreter, which, amount) } : layout;

/** The end of user space, and the stack's place without randomisation. */
const TOP = { 32: 0xffff_e000n, 64: 0x7fff_ffff_f000n } as const;
const one = (amount: bigint): bigint => amount | 1n;

const overTheStack = editLoad(({ vaddr }, { cls }, amount) => ({
  vaddr: TOP[cls] - (amount % 64n) * PAGE + (vaddr % PAGE),
}));

/** One rule each, by the name that a failure prints. */
const BREAKS = {
  magic: (layout, _, amount) => ({
    ...layout,
    magic: Number(BigInt.asUintN(32, 0x464c457fn ^ (1n << (amount % 32n)))),
  }),
  type: (layout, _, amount) => ({ ...layout, type: [0, 1, 4, 5, 0xfe00][Number(amount % 5n)] ?? 0 }),
  machine: (layout, _, amount) => ({ ...layout, machine: [0, 6, 3, 62, 183, 40][Number(amount % 6n)] ?? 0 }),
  phentsize: (layout, _, amount) => ({
    ...layout,
    phentsize: Number(BigInt(phdrSize(layout.cls)) ^ (1n << (amount % 10n))),
  }),
  'no headers': (layout) => ({ ...layout, phnum: 0 }),
  'too many headers': (layout, _, amount) => ({ ...layout, phnum: [1171, 2049, 0xffff, 0xfffe][Number(amount % 4n)] }),
  'headers past the end': (layout, _, amount) => ({
    ...layout,
    phoff: amount % 3n === 0n ? -one(amount) : BigInt(layout.fileSize) - (amount % 0x80n),
  }),
  'headers elsewhere': (layout, _, amount) => ({ ...layout, phoff: layout.phoff + (amount % 0x2000n) }),
  'file cut short': (layout, _, amount) => ({
    ...layout,
    fileSize: Math.max(0, layout.fileSize - Number(amount % 0x8000n)),
  }),
  'file cut very short': (layout, _, amount) => ({ ...layout, fileSize: Number(amount % 300n) }),
  'offset not congruent': editLoad(({ offset }, _, amount) => ({ offset: offset + one(amount % PAGE) })),
  'offset beyond a file': editLoad(({ offset }, _, amount) => ({ offset: offset + (1n << (40n + (amount % 24n))) })),
  'offset before the page': editLoad(({ vaddr }, _, amount) => ({
    offset: vaddr % PAGE === 0n ? 0n : amount % (vaddr % PAGE),
  })),
  'filesz above memsz': editLoad(({ memsz }, _, amount) => ({ filesz: memsz + one(amount % (4n * PAGE)) })),
  'memsz huge': editLoad((_, { cls }, amount) => ({ memsz: (1n << BigInt(cls)) - one(amount) })),
  'memsz large': editLoad(({ memsz }, _, amount) => ({ memsz: memsz + (amount << 8n) })),
  'filesz large': editLoad(({ memsz }, _, amount) => ({
    filesz: memsz + (amount << 8n),
    memsz: memsz + (amount << 8n),
  })),
  'address low': editLoad(({ vaddr }, _, amount) => ({ vaddr: (vaddr % PAGE) + (amount % 0x11n) * PAGE })),
  'address at the top': editLoad(({ vaddr }, { cls }, amount) => ({
    vaddr: TOP[cls] - (amount % 8n) * PAGE + (vaddr % PAGE),
  })),
  'address beyond the top': editLoad(({ vaddr }, { cls }, amount) => ({
    vaddr: (1n << BigInt(cls)) - one(amount % 16n) * PAGE + (vaddr % PAGE),
  })),
  'over the stack': overTheStack,
  'first over the stack': (layout, _, amount) => overTheStack(layout, 0, amount % 32n),
  'in the mmap area': editLoad(({ vaddr }, { cls }, amount) => ({
    vaddr: TOP[cls] - (128n << 20n) - (amount % 64n) * PAGE + (vaddr % PAGE),
  })),
  // Nothing is left of the mmap area: the vdso must go elsewhere.
  'up to the mmap area': editLoad(({ vaddr, filesz }, { cls }, amount) => {
    const end = TOP[cls] - (128n << 20n) - (amount % 16n) * PAGE;
    return end > vaddr + filesz ? { memsz: end - vaddr } : {};
  }),
  overlap: (layout, which, amount) => {
    const loads = layout.headers.filter(({ type }) => type === PT.PT_LOAD);
    const other = loads[Number(amount % BigInt(Math.max(1, loads.length)))];
    return edit(layout, PT.PT_LOAD, which, ({ vaddr }) => ({
      vaddr: ((other?.vaddr ?? 0n) & -PAGE) + ((amount >> 8n) % 3n) * PAGE + (vaddr % PAGE),
    }));
  },
  'past the end of the file': editLoad(({ offset }, { fileSize }, amount) => ({
    offset: ((BigInt(fileSize) + PAGE - 1n) & -PAGE) + (amount % 3n) * PAGE + (offset % PAGE),
  })),
  'writable zeros past the end': editLoad(({ offset, filesz }, { fileSize }, amount) => ({
    offset: ((BigInt(fileSize) + PAGE - 1n) & -PAGE) + (offset % PAGE), memsz: filesz + one(amount % (2n * PAGE)), flags: 6,
  })), // prettier-ignore
  'no segment': (layout) => ({
    ...layout,
    headers: layout.headers.map((header) => (header.type === PT.PT_LOAD ? { ...header, type: PT.PT_NOTE } : header)),
  }),
  entry: (layout, _, amount) => ({ ...layout, entry: TOP[layout.cls] - (amount % 3n) + 1n }),
  'alignment odd': editLoad((_, __, amount) => ({ align: amount })),
  'alignment large': editLoad((_, __, amount) => ({ align: 1n << (12n + (amount % 36n)) })),
  'interp short': editInterp((_, amount) => ({ filesz: amount % 3n })),
  'interp long': editInterp((_, amount) => ({ filesz: 4094n + (amount % 5n) })),
  'interp cut': editInterp(({ filesz }, amount) => ({ filesz: 2n + (amount % filesz) })),
  'interp past the end': (layout, which, amount) =>
    edit(layout, PT.PT_INTERP, which, () => ({ offset: BigInt(layout.fileSize) - (amount % 30n) })),
  'interp missing': (layout) => ({ ...layout, interpreterPath: layout.interpreterPath && '/proc/self/fd/201\0' }),
  'interp a directory': (layout) => ({
    ...layout,
    interpreterPath: layout.interpreterPath && '/proc/self/fd/\0\0\0\0',
  }),
  'interp twice': (layout) => ({
    ...layout,
    headers: [
      ...layout.headers,
      ...layout.headers.filter(({ type }) => type === PT.PT_INTERP).map((header) => ({ ...header, filesz: 1n })),
    ],
  }),
} as const satisfies Record<string, Break>;

/** At places that are the kernel's own choice with randomisation: only without it something is to be seen. */
export const AT_FIXED_PLACES: readonly string[] = [
  'over the stack',
  'first over the stack',
  'in the mmap area',
  'up to the mmap area',
] satisfies (keyof typeof BREAKS)[];

const ON_INTERPRETERS = [
  'magic', 'type', 'machine', 'phentsize', 'no headers', 'too many headers', 'headers past the end', 'file cut short',
  'file cut very short', 'offset not congruent', 'filesz above memsz', 'memsz huge', 'memsz large', 'address low',
  'address at the top', 'address beyond the top', 'overlap', 'past the end of the file', 'writable zeros past the end', 'no segment',
  'entry', 'alignment large',
] as const satisfies (keyof typeof BREAKS)[]; // prettier-ignore

const ALL: Readonly<Record<string, Break>> = {
  ...BREAKS,
  ...Object.fromEntries(ON_INTERPRETERS.map((name) => [`interpreter: ${name}`, editInterpreter(BREAKS[name])])),
};

export const RULES_TO_BREAK = Object.keys(ALL);

export interface BrokenLayout {
  readonly rule: string;
  /** The right one that it was made from. */
  readonly right: ElfLayout;
  readonly layout: ElfLayout;
}

/** Rules about interpreters are broken in programs that have one. */
const interpretedLayout = layoutOfShapes(...INTERPRETED);
const unbroken = (rule: string): fc.Arbitrary<ElfLayout> =>
  rule.startsWith('interp') ? interpretedLayout : validLayout;

/** A right program with one thing wrong. The kernel may well not mind. */
export const brokenLayout: fc.Arbitrary<BrokenLayout> = fc
  .constantFrom(...RULES_TO_BREAK)
  .chain((rule) =>
    fc.record({
      rule: fc.constant(rule),
      right: unbroken(rule),
      which: fc.nat({ max: 15 }),
      amount: fc.bigInt({ min: 0n, max: (1n << 40n) - 1n }),
    }),
  )
  .map(({ rule, right, which, amount }) => ({ rule, right, layout: ALL[rule]!(right, which, amount) }));
