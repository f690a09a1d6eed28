import { type Figure, type Limit, median, minimum, ratioOf, type Row, verdictOf } from './figures.ts';

const HEADS = ['what', 'elfreeze', 'other', '', 'ratio', 'wanted', 'verdict'] as const;

/** Medians, and minima in parentheses. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [HEADS, ...rows.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const [head, ...rest] = lines;
  return [head, '-'.repeat(Math.max(...lines.map(({ length }) => length))), ...rest]
    .map((line) => `${line}\n`)
    .join('');
}

function cellsOf(row: Row): string[] {
  const { name, ours, other, limit } = row;
  const [ratio, least] = [ratioOf(row, median), ratioOf(row, minimum)];
  return [
    name,
    formatFigure(ours),
    other ? other.name : '',
    other ? formatFigure(other) : '',
    ratio === undefined || least === undefined ? '' : `${number(ratio)} (${number(least)})`,
    limit ? formatLimit(limit, ours) : '',
    verdictOf(row),
  ];
}

const formatFigure = ({ values, unit }: Figure): string =>
  `${number(median(values))} (${number(minimum(values))}) ${unit}`;

/** Three digits that count. */
const number = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);

function formatLimit(limit: Limit, { unit }: Figure): string {
  if ('factor' in limit)
    return `≤ ${limit.factor} ×${limit.above === undefined ? '' : ` + ${number(limit.above)} ${unit}`}`;
  return 'above' in limit ? `≤ other + ${limit.above} ${unit}` : `≤ ${limit.most} ${unit}`;
}

/** One object: the same figures with every single value. */
export function jsonOf(rows: readonly Row[]): object[] {
  return rows.map((row) => ({
    ...row,
    medians: { ours: median(row.ours.values), ...(row.other && { other: median(row.other.values) }) },
    minima: { ours: minimum(row.ours.values), ...(row.other && { other: minimum(row.other.values) }) },
    verdict: verdictOf(row),
  }));
}
