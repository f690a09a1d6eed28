/** What was measured of one thing, once for each run. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 'MiB';
  readonly values: readonly number[];
}

/** The most that `ours` may be: as a multiple of `other`, as so much above it, or as it is. */
export type Limit =
  { readonly factor: number; readonly above?: number } | { readonly above: number } | { readonly most: number };

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly ours: Figure;
  readonly other?: Figure;
  readonly limit?: Limit;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
export const minimum = (values: readonly number[]): number => Math.min(...values);

type Pick = (values: readonly number[]) => number;

const holds = ({ ours, other, limit }: Row, pick: Pick): boolean => {
  if (!limit) return true;
  const is = pick(ours.values);
  const base = other ? pick(other.values) : 0;
  if ('factor' in limit) return is <= limit.factor * base + (limit.above ?? 0);
  return is <= ('above' in limit ? base + limit.above : limit.most);
};

export type Verdict = 'met' | 'met by the minima only' | 'missed' | '';

/** Medians decide. On a machine that others use, too, the minima show what is possible. */
export function verdictOf(row: Row): Verdict {
  if (!row.limit) return '';
  if (holds(row, median)) return 'met';
  return holds(row, minimum) ? 'met by the minima only' : 'missed';
}

export const ratioOf = ({ ours, other }: Row, pick: Pick): number | undefined =>
  other && pick(ours.values) / pick(other.values);
