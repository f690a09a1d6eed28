import fc from 'fast-check';
import { ET_DYN, ET_EXEC, PT } from '../../src/elf/constants.ts';
import type { ElfClass } from '../../src/elf/layout.ts';
import { INTERPRETER_PATH } from '../oracles/case.ts';
import { type ElfLayout, type Header, headerSize, INTERP_OFFSET, MAGIC, phdrSize } from './elf-layout.ts';

const PAGE = 4096n;

/** Where programs may begin. `high` reaches into the mmap area, which an ET_EXEC may do. */
const BASES = {
  32: { low: [0x10000n, 0x80_0000n, 0x0804_8000n, 0x4000_0000n], high: [0x5655_5000n, 0xf700_0000n] },
  64: {
    low: [0x10000n, 0x40_0000n, 0x1000_0000n, 0x1_0000_0000n, 0x5555_5555_4000n],
    high: [0x7000_0000_0000n, 0x7fff_0000_0000n],
  },
} as const;

/** One segment relative to the one before it. */
interface Piece {
  readonly gapPages: bigint;
  /** Bytes by which p_vaddr and p_offset are off a page boundary. */
  readonly within: bigint;
  readonly filesz: bigint;
  /** Bytes of zeros after them. */
  readonly zeros: bigint;
  readonly flags: number;
  readonly align: bigint;
}

const ALIGNS = [0n, 1n, 3n, 4096n, 4096n, 4096n, 8192n, 0x1_0000n, 0x20_0000n, 0x3000n];

const bytes = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 1n, max: 3n * PAGE }),
  fc.constantFrom(PAGE, 2n * PAGE, PAGE - 1n, PAGE + 1n),
);

const piece: fc.Arbitrary<Piece> = fc.record({
  gapPages: fc.bigInt({ min: 0n, max: 8n }),
  within: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: PAGE - 1n })),
  filesz: bytes,
  zeros: bytes,
  flags: fc.integer({ min: 0, max: 7 }),
  align: fc.constantFrom(...ALIGNS),
});

/** Bytes of the file before the first segment: room for the largest table, then for PT_INTERP's string. */
const FIRST_OFFSET = 0x40000n;

/** PT_LOADs from `base` up, ascending, disjoint to the page, all of them inside the file. */
function place(pieces: readonly Piece[], base: bigint, headersMapped: boolean): { loads: Header[]; end: bigint } {
  let [vaddr, offset] = [base, FIRST_OFFSET];
  const loads: Header[] = [];
  if (headersMapped) {
    loads.push({ type: PT.PT_LOAD, flags: 4, offset: 0n, vaddr, filesz: 0x3000n, memsz: 0x3000n, align: PAGE });
    vaddr += 0x3000n;
  }
  for (const { gapPages, within, filesz, zeros, flags, align } of pieces) {
    vaddr += gapPages * PAGE + within;
    const memsz = filesz + zeros;
    loads.push({ type: PT.PT_LOAD, flags, offset: offset + within, vaddr, filesz, memsz, align });
    vaddr = (vaddr + memsz + PAGE - 1n) & -PAGE;
    offset = (offset + within + filesz + PAGE - 1n) & -PAGE;
  }
  return { loads, end: offset };
}

const stackHeader = (flags: number): Header => ({
  type: PT.PT_GNU_STACK, flags, offset: 0n, vaddr: 0n, filesz: 0n, memsz: 0n, align: 16n,
}); // prettier-ignore

/** Headers that load nothing; the kernel looks at PT_GNU_STACK only. */
const others: fc.Arbitrary<Header[]> = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 7 }).map(stackHeader),
    fc
      .constantFrom(PT.PT_NULL, PT.PT_NOTE, PT.PT_TLS, PT.PT_PHDR, PT.PT_GNU_RELRO, PT.PT_GNU_PROPERTY, 0x70000000)
      .map((type) => ({ ...stackHeader(4), type, vaddr: 0x1234n, filesz: 99n, memsz: 99n })),
  ),
  { maxLength: 2 },
);

/** Header counts near the limits: one page and 64 KiB of them. */
const counts = (cls: ElfClass): fc.Arbitrary<number | undefined> => {
  const page = Math.floor(4096 / phdrSize(cls));
  const most = Math.floor(65536 / phdrSize(cls));
  return fc.oneof(
    { weight: 30, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(page - 1, page, page + 1, most - 1, most, most + 1) },
  );
};

const machineOf = (cls: ElfClass): number => (cls === 64 ? 62 : 3);

interface Parts {
  readonly type: number;
  readonly base: bigint;
  readonly pieces: readonly Piece[];
  readonly headersMapped: boolean;
  readonly stack: number | undefined;
  readonly others: readonly Header[];
  readonly count: number | undefined;
  readonly order: 'ascending' | 'descending' | 'headers-last';
  readonly interpreter: ElfLayout | undefined;
  readonly shortBy: number;
}

function assemble(cls: ElfClass, parts: Parts): ElfLayout {
  const { type, base, pieces, headersMapped, stack, interpreter, order, count, shortBy } = parts;
  const { loads, end } = place(pieces, base, headersMapped);
  if (order === 'descending') loads.reverse();
  const entry = loads[0]?.vaddr ?? base;
  const headers = [
    ...(order === 'headers-last' ? [] : parts.others),
    ...(interpreter ? [interpreterHeader()] : []),
    ...loads,
    ...(stack === undefined ? [] : [stackHeader(stack)]),
    ...(order === 'headers-last' ? parts.others : []),
  ];
  return {
    cls,
    magic: MAGIC,
    type,
    machine: machineOf(cls),
    entry,
    headers,
    fillers: Math.max(headers.length === 0 ? 1 : 0, (count ?? 0) - headers.length),
    phoff: BigInt(headerSize(cls)),
    phentsize: phdrSize(cls),
    phnum: undefined,
    fileSize: Number(end) - shortBy,
    interpreterPath: interpreter && `${INTERPRETER_PATH}\0`,
    interpreter,
  };
}

const interpreterHeader = (): Header => ({
  ...stackHeader(4), type: PT.PT_INTERP, offset: INTERP_OFFSET, filesz: BigInt(INTERPRETER_PATH.length + 1), memsz: BigInt(INTERPRETER_PATH.length + 1),
}); // prettier-ignore

/** What decides how a program is placed. */
export type Shape = 'fixed' | 'high' | 'pie' | 'static-pie' | 'interpreted';
export const SHAPES: readonly Shape[] = ['fixed', 'high', 'pie', 'static-pie', 'interpreted'];
/** Those with an interpreter. */
export const INTERPRETED: readonly Shape[] = ['pie', 'interpreted'];

const partsOf = (
  cls: ElfClass,
  shape: Shape,
  interpreter: fc.Arbitrary<ElfLayout | undefined>,
): fc.Arbitrary<Parts> => {
  const movable = shape === 'pie' || shape === 'static-pie';
  const bases = movable ? [0n, 0n, 0x1000n, 0x20_0000n] : shape === 'high' ? BASES[cls].high : BASES[cls].low;
  return fc.record({
    type: fc.constant(movable ? ET_DYN : ET_EXEC),
    base: fc.constantFrom(...bases),
    pieces: fc.array(piece, { minLength: movable ? 1 : 0, maxLength: 8 }),
    headersMapped: fc.boolean(),
    stack: fc.constantFrom(6, 6, 7, undefined),
    others,
    count: counts(cls),
    order: fc.constantFrom('ascending', 'ascending', 'descending', 'headers-last'),
    interpreter,
    shortBy: fc.constant(0),
  });
};

/** An interpreter: an ET_DYN, or rarely an ET_EXEC far from the bases above. */
const interpreterLayout = (cls: ElfClass): fc.Arbitrary<ElfLayout> => {
  const movable = partsOf(cls, 'static-pie', fc.constant(undefined));
  const fixed = partsOf(cls, 'fixed', fc.constant(undefined)).map((parts) => ({ ...parts, base: 0x6000_0000n }));
  return fc
    .oneof({ weight: 4, arbitrary: movable }, { weight: 1, arbitrary: fixed })
    .map((parts) => assemble(cls, parts));
};

/**
 * Programs that an ABI would call right, but for p_align and the order of their headers: what is mapped lies inside the
 * file, is disjoint and inside user space. A list of gap and body, so that shrinking drops segments and closes gaps.
 */
export const layoutOf = (cls: ElfClass, shape: Shape): fc.Arbitrary<ElfLayout> =>
  partsOf(cls, shape, INTERPRETED.includes(shape) ? interpreterLayout(cls) : fc.constant(undefined)).map((parts) =>
    assemble(cls, parts),
  );

/** @param shapes as often as they are named */
export const layoutOfShapes = (...shapes: readonly Shape[]): fc.Arbitrary<ElfLayout> =>
  fc.tuple(fc.constantFrom<ElfClass>(32, 64), fc.constantFrom(...shapes)).chain(([cls, shape]) => layoutOf(cls, shape));

export const validLayout = layoutOfShapes('fixed', 'fixed', ...SHAPES);
