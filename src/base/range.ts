/** Addresses [start, end). */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

export const PAGE = 4096n;

export const pageFloor = (address: bigint): bigint => address & ~(PAGE - 1n);
export const pageCeil = (address: bigint): bigint => (address + PAGE - 1n) & ~(PAGE - 1n);
export const sizeOf = (range: Range): bigint => range.end - range.start;
export const overlaps = (a: Range, b: Range): boolean => a.start < b.end && b.start < a.end;
export const contains = (range: Range, address: bigint): boolean => range.start <= address && address < range.end;

/** The part of `range` inside `bounds`, or undefined when there is none. */
export function intersect(range: Range, bounds: Range): Range | undefined {
  const start = range.start > bounds.start ? range.start : bounds.start;
  const end = range.end < bounds.end ? range.end : bounds.end;
  return start < end ? { start, end } : undefined;
}

/** `range` without the `holes`, ascending. @param holes in any order, may overlap */
export function subtract(range: Range, holes: readonly Range[]): Range[] {
  const rest: Range[] = [];
  let { start } = range;
  for (const hole of holes.filter((h) => overlaps(h, range)).sort((a, b) => (a.start < b.start ? -1 : 1))) {
    if (hole.start > start) rest.push({ start, end: hole.start });
    if (hole.end > start) start = hole.end;
  }
  if (start < range.end) rest.push({ start, end: range.end });
  return rest;
}

/** Ascending ranges, each joined with the next where the gap between them is at most `gap`. */
export function joinRanges(ranges: readonly Range[], gap = 0n): Range[] {
  const joined: { start: bigint; end: bigint }[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))) {
    const last = joined.at(-1);
    if (last && start <= last.end + gap) last.end = end > last.end ? end : last.end;
    else joined.push({ start, end });
  }
  return joined;
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
export const formatRange = (range: Range): string => `${range.start.toString(16)}-${range.end.toString(16)}`;
