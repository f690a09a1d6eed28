import { intersect, joinRanges, type Range, sizeOf, subtract } from '../../base/range.ts';
import type { Mapping } from '../../snapshot/memory.ts';
import { type Carry, CARRY } from './carry.ts';

/**
 * A stretch of the image's file with memory of one mapping.
 * `inPlace` ones are PT_LOADs at the memory's own address. The others lie in the pack, one PT_LOAD at a free address,
 * and the restorer moves or copies them to where they belong.
 */
export interface Carrier extends Range {
  readonly mapping: Mapping;
  readonly inPlace: boolean;
  /** The mapping's extents inside it. */
  readonly extents: readonly Range[];
}

/** Holes up to this size stay inside a carrier: in the file they are holes too. */
const JOIN_GAP = 1n << 20n;
/** Where a carrier takes up no program header: less of the pack for memory with many holes. */
const PACKED_GAP = 64n << 10n;
const NEVER_IN_PLACE: readonly Carry[] = ['shared', 'sysv', 'tail', 'written'];

/**
 * Divides all memory that must be carried into carriers, ascending.
 * @param budget how many program headers are left for memory; the largest stretches get them
 * @param forbidden where execve may put the new stack: what belongs there goes into the pack
 */
export function planCarriers(mappings: readonly Mapping[], budget: number, forbidden: readonly Range[]): Carrier[] {
  const carriers = mappings.flatMap((mapping) => {
    const kept = keptOf(mapping);
    if (kept.length === 0) return [];
    const mayStay = !NEVER_IN_PLACE.includes(CARRY[mapping.kind]);
    const allowed = mayStay ? subtract(mapping, forbidden) : [];
    return [
      ...stretchesIn(kept, mapping, allowed).map((stretch) => ({ ...stretch, mapping, inPlace: true })),
      ...stretchesIn(kept, mapping, subtract(mapping, allowed)).map((stretch) => ({
        ...stretch,
        mapping,
        inPlace: false,
      })),
    ];
  });
  const bySize = carriers
    .filter(({ inPlace }) => inPlace)
    .sort((a, b) => compare(sizeOf(b), sizeOf(a)) || compare(a.start, b.start));
  const overflow = new Set(bySize.slice(Math.max(budget, 0)));
  return carriers
    .map((carrier) => (overflow.has(carrier) ? { ...carrier, inPlace: false } : carrier))
    .sort((a, b) => compare(a.start, b.start));
}

/** What must be loaded: a view of the image is all that is mapped there, also where a guard region lies and there are no bytes. */
const keptOf = ({ kind, extents, guards }: Mapping): readonly Range[] =>
  CARRY[kind] === 'view' ? joinRanges([...extents, ...guards]) : extents;

/** What is kept inside `bounds`, gathered into stretches with small holes only. */
function stretchesIn(
  kept: readonly Range[],
  { extents, kind }: Mapping,
  bounds: readonly Range[],
): (Range & { extents: Range[] })[] {
  const stretches: { start: bigint; end: bigint; extents: Range[] }[] = [];
  const gap = NEVER_IN_PLACE.includes(CARRY[kind]) ? PACKED_GAP : JOIN_GAP;
  for (const bound of bounds) {
    let last: (typeof stretches)[number] | undefined;
    for (const range of kept) {
      const part = intersect(range, bound);
      if (!part) continue;
      if (last && part.start <= last.end + gap) last.end = part.end;
      else stretches.push((last = { ...part, extents: [] }));
    }
  }
  let next = 0;
  for (const stretch of stretches) {
    while ((extents[next]?.end ?? stretch.end) <= stretch.start) next++;
    // One extent may reach into several stretches.
    for (let i = next; i < extents.length && extents[i]!.start < stretch.end; i++)
      stretch.extents.push(...[intersect(extents[i]!, stretch) ?? []].flat());
  }
  return stretches;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
