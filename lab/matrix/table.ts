import type { CellRecord } from '../report/record.ts';
import { reasons } from '../judge/reasons.ts';
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

type Told = Pick<CellRecord, 'name' | 'places' | 'verdict'>;

/** The table, what its fields mean, and why what is not the same is not. */
export function matrixText(cells: readonly Told[]): string {
  const why = explainOthers(cells);
  return `${matrixTable(cells)}\n${LEGEND}${why === '' ? '' : `\n${why}`}`;
}

const LEGEND = 'A field N+R !W: N cells are the same, R are refused as docs/limits.md says, W are wrong.\n';

/** By reason: which cells, frozen on which kernels, and restored on which. What is wrong comes last. */
function explainOthers(cells: readonly Told[]): string {
  const groups = new Map<string, Told[]>();
  for (const cell of cells) {
    if (cell.verdict.outcome === 'same') continue;
    const [first = 'no reason given', ...more] = reasons(cell.verdict);
    const reason = `${isGood(cell) ? 'refused' : `wrong, ${cell.verdict.outcome}`}: ${first.split('\n', 1)[0]}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
    groups.set(reason, [...(groups.get(reason) ?? []), cell]);
  }
  const listed = (names: readonly string[]) => [...new Set(names)].join(', ');
  return [...groups]
    .sort(([a], [b]) => Number(a.startsWith('wrong')) - Number(b.startsWith('wrong')))
    .map(([reason, of]) => {
      const kernels = (half: 'freeze' | 'restore') => listed(of.map(({ places }) => short(places[half].name)));
      const where = `frozen on ${kernels('freeze')}, restored on ${kernels('restore')}`;
      return `${of.length} ${reason}\n    ${where}\n    ${listed(of.map(({ name }) => name))}\n`;
    })
    .join('');
}

/** Frozen on the row's kernel, restored on the column's: how many are the same, and how many rightly refused or wrong. */
function matrixTable(cells: readonly Told[]): string {
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

/** As many as there are; what is rightly refused, and what is wrong, is left out of a field where there is none. */
function count(cells: readonly Told[]): string {
  const number = (outcome: string) => cells.filter(({ verdict }) => verdict.outcome === outcome).length;
  const [same, refused] = [number('same'), number('unsupported')];
  const wrong = cells.length - same - refused;
  return `${same}${refused > 0 ? `+${refused}` : ''}${wrong > 0 ? ` !${wrong}` : ''}`;
}
