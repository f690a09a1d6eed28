import fc from 'fast-check';
import { subtract } from '../../src/base/range.ts';
import { ARCHES } from '../../src/arch/index.ts';
import { SELECTORS } from './selectors.ts';
import {
  type Mapping,
  type MappingKind,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  type Range,
  type Snapshot,
} from './types.ts';

const PAGE = 4096n;
const KINDS: readonly MappingKind[] = ['anon', 'anon', 'anon', 'file', 'file', 'shared-anon', 'shared-file-ro'];

interface Piece {
  readonly gapPages: number;
  readonly pages: number;
  readonly kind: MappingKind;
  readonly prot: number;
  readonly holes: readonly boolean[];
  /** Pages from the mapping's beginning, where it is anonymous and as far as it has them. */
  readonly guard: { readonly at: number; readonly pages: number } | undefined;
}

/** Thousands of them must fit a 32-bit address space, and be made in no time. */
const MANY = 500;

const piece = (many: boolean): fc.Arbitrary<Piece> =>
  fc.record({
    gapPages: fc.integer({ min: 0, max: many ? 2 : 600 }),
    pages: fc.integer({ min: 1, max: many ? 2 : 40 }),
    kind: fc.constantFrom(...KINDS),
    prot: fc.integer({ min: 0, max: 7 }),
    holes: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
    guard: fc.option(fc.record({ at: fc.nat({ max: 39 }), pages: fc.integer({ min: 1, max: 3 }) }), {
      nil: undefined,
      freq: 9,
    }),
  });

/** Pages of an anonymous mapping that hold something, by a repeated pattern; everything of any other kind. */
function extentsOf(kind: MappingKind, start: bigint, pages: number, holes: readonly boolean[]): Range[] {
  if (kind !== 'anon') return [{ start, end: start + BigInt(pages) * PAGE }];
  const extents: { start: bigint; end: bigint }[] = [];
  for (let i = 0; i < pages; i++) {
    if (holes[i % holes.length]) continue;
    const at = start + BigInt(i) * PAGE;
    const last = extents.at(-1);
    if (last?.end === at) last.end = at + PAGE;
    else extents.push({ start: at, end: at + PAGE });
  }
  return extents;
}

function guardOf({ at, pages }: NonNullable<Piece['guard']>, mapping: Range): Range {
  const start = mapping.start + BigInt(at) * PAGE;
  const end = start + BigInt(pages) * PAGE;
  return { start, end: end < mapping.end ? end : mapping.end };
}

/** Disjoint ascending mappings from `base` up: a list of gap and body, so that shrinking drops mappings and closes gaps. */
export const mappings = (base: bigint, maxLength: number): fc.Arbitrary<Mapping[]> =>
  fc.array(piece(maxLength > MANY), maxLength > MANY ? { maxLength, size: 'max' } : { maxLength }).map((pieces) => {
    let start = base;
    return pieces.map(({ gapPages, pages, kind, prot, holes, guard }, i) => {
      start += BigInt(gapPages) * PAGE;
      const end = start + BigInt(pages) * PAGE;
      const guards = kind === 'anon' && guard !== undefined && guard.at < pages ? [guardOf(guard, { start, end })] : [];
      const extents = extentsOf(kind, start, pages, holes).flatMap((extent) => subtract(extent, guards));
      const mapping: Mapping = {
        start, end, kind, prot, offset: 0n, dev: '00:00', inode: kind === 'anon' ? 0n : BigInt(9 + i), path: kind === 'anon' ? '' : '/lib/x',
        vmFlags: [], extents, guards,
      }; // prettier-ignore
      start = end;
      return mapping;
    });
  });

/** Where a process may have its memory. */
export type Where =
  | 'anywhere'
  /** The heap is at none of the addresses that a new stack may have. */
  | 'low'
  /** All of it is where a 32-bit kernel has user space. */
  | 'below-3-gib';

/** Lowest addresses of mappings, and the end of the stack. The last of `bases` has little room below the stack. */
const PLACES: Readonly<Record<Snapshot['arch'], Readonly<Record<Where, { bases: readonly bigint[]; top: bigint }>>>> = {
  'x86-64': {
    anywhere: { bases: [0x40_0000n, 0x5555_5555_0000n, 0x7fff_f700_0000n], top: 0x7ffd_0000_0000n },
    low: { bases: [0x40_0000n, 0x5555_5555_0000n], top: 0x7ffd_0000_0000n },
    'below-3-gib': { bases: [0x40_0000n, 0xb700_0000n], top: 0xbff0_0000n },
  },
  i386: {
    anywhere: { bases: [0x0804_8000n, 0x5655_5000n, 0xf700_0000n], top: 0xfff0_0000n },
    low: { bases: [0x0804_8000n, 0x5655_5000n], top: 0xfff0_0000n },
    'below-3-gib': { bases: [0x0804_8000n, 0x4000_0000n, 0xb700_0000n], top: 0xbff0_0000n },
  },
};

const MAX_STACK_PAGES = 64n;

/** Snapshots of processes that never ran: mappings, a vdso, a heap whose break is at any byte, and a stack. */
export const snapshot = (
  name: Snapshot['arch'],
  sample: Snapshot,
  maxMappings: number,
  where: Where = 'anywhere',
): fc.Arbitrary<Snapshot> => {
  const arch = ARCHES[name];
  const { bases, top } = PLACES[name][where];
  return fc
    .record({
      base: fc.constantFrom(...bases),
      body: mappings(0n, maxMappings),
      vdso: fc.boolean(),
      heapPages: fc.integer({ min: 0, max: 64 }),
      brkByte: fc.integer({ min: 0, max: 4095 }),
      stackPages: fc.bigInt({ min: 1n, max: MAX_STACK_PAGES }),
    })
    .map(({ base, body, vdso, heapPages, brkByte, stackPages }) => {
      const low = [...body, ...(vdso ? vdsoAt((body.at(-1)?.end ?? 0n) + 4n * PAGE) : [])];
      const size = (low.at(-1)?.end ?? 0n) + HEAP_GAP;
      const heapSize = BigInt(heapPages) * PAGE + BigInt(brkByte);
      // What does not fit between base and stack begins lower.
      const highest = (top - (MAX_STACK_PAGES + 1n) * PAGE - size - heapSize) & -PAGE;
      const at = base < highest ? base : highest;
      const startBrk = at + size;
      const heap = { start: startBrk, end: (startBrk + heapSize + PAGE - 1n) & -PAGE };
      const stack = { start: top - stackPages * PAGE, end: top };
      return {
        ...sample,
        arch: name,
        mappings: [
          ...low.map((mapping) => moveBy(mapping, at)),
          ...(heap.start === heap.end ? [] : [full(heap, { kind: 'anon', path: '[heap]' })]),
          full(stack, { kind: 'stack', path: '[stack]', vmFlags: ['gd'] }),
        ],
        layout: { ...sample.layout, ...stringsAt(top), startBrk, brk: startBrk + heapSize },
        vdsoFunctions: [],
        // Expirations that nobody has read are refused in a process of 32 bits.
        descriptors: sample.descriptors.map((descriptor) =>
          descriptor.kind === 'timerfd' && name === 'i386' ? { ...descriptor, ticks: 0n } : descriptor,
        ),
        threads: sample.threads.map((thread) => ({
          ...thread,
          registers: { ...Object.fromEntries(arch.registers.map((register) => [register, 0n])), ...SELECTORS[name] },
        })),
      };
    });
};

/** No arguments and no environment, at the stack's end. */
const stringsAt = (top: bigint): Partial<Snapshot['layout']> => ({
  startStack: top,
  argStart: top,
  argEnd: top,
  envStart: top,
  envEnd: top,
});

const HEAP_GAP = 16n * PAGE;

/** A mapping of pages that all hold something. */
const full = (range: Range, fields: Partial<Mapping> & Pick<Mapping, 'kind'>): Mapping => ({
  ...range,
  prot: PROT_READ | PROT_WRITE,
  offset: 0n,
  dev: '00:00',
  inode: 0n,
  path: '',
  vmFlags: [],
  extents: [{ start: range.start, end: range.end }],
  guards: [],
  ...fields,
});

/** Its functions are not looked for: what is called is not the question here. */
const vdsoAt = (start: bigint): Mapping[] => {
  const code = start + 4n * PAGE;
  return [
    full({ start, end: code }, { kind: 'vvar', prot: PROT_READ, path: '[vvar]', extents: [] }),
    full({ start: code, end: code + 2n * PAGE }, { kind: 'vdso', prot: PROT_READ | PROT_EXEC, path: '[vdso]' }),
  ];
};

function moveBy(mapping: Mapping, distance: bigint): Mapping {
  const move = ({ start, end }: Range): Range => ({ start: start + distance, end: end + distance });
  return {
    ...mapping,
    ...move(mapping),
    extents: mapping.extents.map(move),
    guards: mapping.guards.map(move),
  };
}
