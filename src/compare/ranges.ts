import type { Range } from '../base/range.ts';

/** What lies in both ascending lists, ascending. */
export function intersectAll(a: readonly Range[], b: readonly Range[]): Range[] {
  const common: Range[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [one, two] = [a[i]!, b[j]!];
    const start = one.start > two.start ? one.start : two.start;
    const end = one.end < two.end ? one.end : two.end;
    if (start < end) common.push({ start, end });
    if (one.end < two.end) i++;
    else j++;
  }
  return common;
}

/** What `ranges` hold outside of `holes`, with their other fields. Both ascending. */
export function subtractAll<T extends Range>(ranges: readonly T[], holes: readonly Range[]): T[] {
  const rest: T[] = [];
  let j = 0;
  for (const range of ranges) {
    while (j < holes.length && holes[j]!.end <= range.start) j++;
    let { start } = range;
    for (let k = j; k < holes.length && holes[k]!.start < range.end; k++) {
      if (holes[k]!.start > start) rest.push({ ...range, start, end: holes[k]!.start });
      if (holes[k]!.end > start) start = holes[k]!.end;
    }
    if (start < range.end) rest.push({ ...range, start });
  }
  return rest;
}

export interface Overlay<A, B> extends Range {
  readonly recorded: A | undefined;
  readonly found: B | undefined;
}

/** Two ascending lists laid over each other: every stretch in which both sides stay the same, where at least one has something. */
export function overlay<A extends Range, B extends Range>(
  recorded: readonly A[],
  found: readonly B[],
): Overlay<A, B>[] {
  const edges = [...new Set([...recorded, ...found].flatMap(({ start, end }) => [start, end]))];
  edges.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const stretches: Overlay<A, B>[] = [];
  for (let e = 0, i = 0, j = 0; e + 1 < edges.length; e++) {
    const [start, end] = [edges[e]!, edges[e + 1]!];
    while (i < recorded.length && recorded[i]!.end <= start) i++;
    while (j < found.length && found[j]!.end <= start) j++;
    const one = recorded[i] && recorded[i]!.start <= start ? recorded[i] : undefined;
    const two = found[j] && found[j]!.start <= start ? found[j] : undefined;
    if (one || two) stretches.push({ start, end, recorded: one, found: two });
  }
  return stretches;
}
