import type { Kernel } from '../vm/kernels.ts';
import type { MatrixPlan, Square } from './run.ts';

export const isGood = ({ verdict }: Square): boolean => verdict.outcome === 'same' || verdict.outcome === 'unsupported';

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

/** Frozen on the row's kernel, restored on the column's: how many are the same, and how many rightly refused or wrong. */
export function matrixTable(
  squares: readonly Square[],
  freezeOn: readonly Kernel[],
  restoreOn: readonly Kernel[],
): string {
  const head = ['frozen on ↓ restored on →', ...restoreOn.map(({ name }) => name)];
  const rows = freezeOn.map((from) => [
    from.name,
    ...restoreOn.map((to) => count(squares.filter((each) => each.frozenOn === from && each.restoredOn === to))),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `${row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join('  ')}\n`;
  return [head, ...rows].map(line).join('');
}

/** `9 same 8 refused` is `9+8`; what is wrong comes after an exclamation mark. */
function count(squares: readonly Square[]): string {
  const number = (outcome: string) => squares.filter(({ verdict }) => verdict.outcome === outcome).length;
  const [same, refused] = [number('same'), number('unsupported')];
  const wrong = squares.length - same - refused;
  return `${same}${refused > 0 ? `+${refused}` : ''}${wrong > 0 ? ` !${wrong}` : ''}`;
}
