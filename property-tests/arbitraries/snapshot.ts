import fc from 'fast-check';
import { ARCHES } from '../../src/arch/index.ts';
import { SELECTORS } from './selectors.ts';
import { type Mapping, type MappingKind, PROT_READ, PROT_WRITE, type Range, type Snapshot } from './types.ts';

const PAGE = 4096n;
const KINDS: readonly MappingKind[] = ['anon', 'anon', 'anon', 'file', 'file', 'shared-anon', 'shared-file-ro'];

interface Piece {
  readonly gapPages: number;
  readonly pages: number;
  readonly kind: MappingKind;
  readonly prot: number;
  readonly holes: readonly boolean[];
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

/** Disjoint ascending mappings from `base` up: a list of gap and body, so that shrinking drops mappings and closes gaps. */
export const mappings = (base: bigint, maxLength: number): fc.Arbitrary<Mapping[]> =>
  fc.array(piece(maxLength > MANY), maxLength > MANY ? { maxLength, size: 'max' } : { maxLength }).map((pieces) => {
    let start = base;
    return pieces.map(({ gapPages, pages, kind, prot, holes }, i) => {
      start += BigInt(gapPages) * PAGE;
      const end = start + BigInt(pages) * PAGE;
      const mapping: Mapping = {
        start, end, kind, prot, offset: 0n, dev: '00:00', inode: kind === 'anon' ? 0n : BigInt(9 + i), path: kind === 'anon' ? '' : '/lib/x',
        vmFlags: [], extents: extentsOf(kind, start, pages, holes), guards: [],
      }; // prettier-ignore
      start = end;
      return mapping;
    });
  });

/**
 * Snapshots of processes that never ran: a stack, a heap whose break is at any byte, and mappings anywhere.
 * @param where `low` keeps the heap out of the addresses that a new stack may have
 */
export const snapshot = (
  name: Snapshot['arch'],
  sample: Snapshot,
  maxMappings: number,
  where: 'anywhere' | 'low' = 'anywhere',
): fc.Arbitrary<Snapshot> => {
  const arch = ARCHES[name];
  const wide = arch.wordSize === 8;
  const top = wide ? 0x7ffd_0000_0000n : 0xfff0_0000n;
  const bases = wide ? [0x40_0000n, 0x5555_5555_0000n, 0x7fff_f700_0000n] : [0x0804_8000n, 0x5655_5000n, 0xf700_0000n];
  return fc
    .record({
      base: fc.constantFrom(...(where === 'low' ? bases.slice(0, 2) : bases)),
      body: fc.array(mappings(0n, maxMappings), { minLength: 1, maxLength: 1 }),
      heapPages: fc.integer({ min: 0, max: 64 }),
      brkByte: fc.integer({ min: 0, max: 4095 }),
      stackPages: fc.integer({ min: 1, max: 64 }),
    })
    .map(({ base, body, heapPages, brkByte, stackPages }) => {
      const moved = (body[0] ?? []).map((mapping) => moveTo(mapping, base));
      const heapStart = (moved.at(-1)?.end ?? base) + 16n * PAGE;
      const brk = heapStart + BigInt(heapPages) * PAGE + BigInt(brkByte);
      const heapEnd = (brk + PAGE - 1n) & ~(PAGE - 1n);
      const anon = (start: bigint, end: bigint, fields: Partial<Mapping>): Mapping[] =>
        start === end
          ? []
          : [
              {
                start,
                end,
                kind: 'anon',
                prot: PROT_READ | PROT_WRITE,
                offset: 0n,
                dev: '00:00',
                inode: 0n,
                path: '',
                vmFlags: [],
                extents: [{ start, end }],
                guards: [],
                ...fields,
              },
            ];
      return {
        ...sample,
        arch: name,
        mappings: byAddress([
          ...moved,
          ...anon(heapStart, heapEnd, { path: '[heap]' }),
          ...anon(top - BigInt(stackPages) * PAGE, top, { kind: 'stack', path: '[stack]', vmFlags: ['gd'] }),
        ]),
        layout: { ...sample.layout, startBrk: heapStart, brk },
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

const byAddress = (all: readonly Mapping[]): Mapping[] => [...all].sort((a, b) => (a.start < b.start ? -1 : 1));

function moveTo(mapping: Mapping, base: bigint): Mapping {
  const move = ({ start, end }: Range): Range => ({ start: start + base, end: end + base });
  return { ...mapping, ...move(mapping), extents: mapping.extents.map(move) };
}
