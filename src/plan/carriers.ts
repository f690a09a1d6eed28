import { intersect, joinRanges, type Range, sizeOf, subtract } from '../base/range.ts';
import type { Mapping } from '../snapshot/snapshot.ts';
import { CARRY } from './carry.ts';

/**
 * A stretch of the image's file with memory of one mapping.
 * `inPlace` ones are PT_LOADs at the memory's own address. The others lie in the pack, one PT_LOAD at a free address,
 * and the restorer moves or copies them to where they belong.
 */
export interface Carrier extends Range {
  readonly mapping: Mapping;
  readonly inPlace: boolean;
}

/** Holes up to this size stay inside a carrier: in the file they are holes too. */
const JOIN_GAP = 1n << 20n;

/**
 * Divides all memory that must be carried into carriers, ascending.
 * @param budget how many program headers are left for memory; the largest stretches get them
 * @param forbidden where execve may put the new stack: what belongs there goes into the pack
 */
export function planCarriers(mappings: readonly Mapping[], budget: number, forbidden: readonly Range[]): Carrier[] {
  const carriers = mappings.flatMap((mapping) => {
    if (mapping.extents.length === 0) return [];
    const stretches = joinRanges(mapping.extents, JOIN_GAP);
    const parts = (bounds: readonly Range[]): Range[] => stretches.flatMap((s) => bounds.flatMap((b) => intersect(s, b) ?? []));
    const mayStay = CARRY[mapping.kind] !== 'shared';
    const allowed = mayStay ? subtract(mapping, forbidden) : [];
    return [
      ...parts(allowed).map((range) => ({ ...range, mapping, inPlace: true })),
      ...parts(subtract(mapping, allowed)).map((range) => ({ ...range, mapping, inPlace: false })),
    ];
  });
  const bySize = carriers.filter(({ inPlace }) => inPlace).sort((a, b) => compare(sizeOf(b), sizeOf(a)) || compare(a.start, b.start));
  const overflow = new Set(bySize.slice(Math.max(budget, 0)));
  return carriers
    .map((carrier) => (overflow.has(carrier) ? { ...carrier, inPlace: false } : carrier))
    .sort((a, b) => compare(a.start, b.start));
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
