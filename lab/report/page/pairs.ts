import type { CellRecord } from '../record.ts';

/** Where a process was frozen, and where it went on. */
export interface Pair {
  readonly freeze: string;
  readonly restore: string;
}

export interface Pairs {
  /** Names of places, in the order of the cells. */
  readonly freeze: readonly string[];
  readonly restore: readonly string[];
  readonly cells: (pair: Pair) => readonly CellRecord[];
}

export const isOf = ({ freeze, restore }: Pair, { places }: Pick<CellRecord, 'places'>): boolean =>
  places.freeze.name === freeze && places.restore.name === restore;

/** @returns nothing when all cells are of one pair: there is nothing to compare */
export function pairsOf(cells: readonly CellRecord[]): Pairs | undefined {
  const freeze = [...new Set(cells.map(({ places }) => places.freeze.name))];
  const restore = [...new Set(cells.map(({ places }) => places.restore.name))];
  if (freeze.length * restore.length < 2) return undefined;
  return { freeze, restore, cells: (pair) => cells.filter((cell) => isOf(pair, cell)) };
}

export type Outcome = CellRecord['verdict']['outcome'];
export type Counts = Readonly<Record<Outcome, number>>;

export function countOutcomes(cells: readonly Pick<CellRecord, 'verdict'>[]): Counts {
  const counts = { same: 0, unsupported: 0, differs: 0, infra: 0 };
  for (const { verdict } of cells) counts[verdict.outcome] += 1;
  return counts;
}

/** `9 same, 8 unsupported` */
export const describeCounts = (counts: Counts): string =>
  Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([outcome, number]) => `${number} ${outcome}`)
    .join(', ');
