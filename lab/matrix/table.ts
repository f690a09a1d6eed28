import type { CellRecord } from '../report/record.ts';
import type { MatrixPlan, Square } from './run.ts';

export const isGood = ({ verdict }: Pick<CellRecord | Square, 'verdict'>): boolean =>
  verdict.outcome === 'same' || verdict.outcome === 'unsupported';

/** By kernels, then cells, as the plan has them: they are judged in any order. */
export function inOrder(
  squares: readonly Square[],
  { cells, freezeOn, restoreOn }: Omit<MatrixPlan, 'jobs'>,
): Square[] {
  const place = ({ of, frozenOn, restoredOn }: Square): number =>
    (freezeOn.indexOf(frozenOn) * restoreOn.length + restoreOn.indexOf(restoredOn)) * cells.length +
    cells.findIndex(({ name }) => name === of.name);
  return [...squares].sort((a, b) => place(a) - place(b));
}

type Told = Pick<CellRecord, 'places' | 'verdict'>;

/** Frozen on the row's kernel, restored on the column's: how many are the same, and how many rightly refused or wrong. */
export function matrixTable(cells: readonly Told[]): string {
  const names = (half: 'freeze' | 'restore') => [...new Set(cells.map(({ places }) => places[half].name))];
  const [freezeOn, restoreOn] = [names('freeze'), names('restore')];
  const isOf = (from: string, to: string, { places }: Told) =>
    places.freeze.name === from && places.restore.name === to;
  const head = ['frozen on ↓ restored on →', ...restoreOn.map(short)];
  const rows = freezeOn.map((from) => [
    short(from),
    ...restoreOn.map((to) => count(cells.filter((each) => isOf(from, to, each)))),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `${row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join('  ')}\n`;
  return [head, ...rows].map(line).join('');
}

/** All are of Linux: there is no room to say so in each. */
const short = (name: string): string => name.replace(/^Linux /, '');

/** `9 same 8 refused` is `9+8`; what is wrong comes after an exclamation mark. */
function count(cells: readonly Told[]): string {
  const number = (outcome: string) => cells.filter(({ verdict }) => verdict.outcome === outcome).length;
  const [same, refused] = [number('same'), number('unsupported')];
  const wrong = cells.length - same - refused;
  return `${same}${refused > 0 ? `+${refused}` : ''}${wrong > 0 ? ` !${wrong}` : ''}`;
}
