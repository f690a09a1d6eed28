import { type Difference, formatDifference } from '../judge/verdict.ts';
import { bold, green, red } from './steps.ts';

/** One line of the table: what was held against what, and what is not as it was. */
export interface Row {
  readonly what: string;
  readonly seen: string;
  readonly differences: readonly Difference[];
}

export interface Report {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly image: string;
}

const WHAT = 18;
const SEEN = 68;
/** A page of differences tells no more than the first few. */
const TOLD = 5;
const LONGEST = 300;

export function formatReport({ title, rows }: Report): string {
  return [bold(title), ...rows.flatMap(formatRow)].map((line) => `${line}\n`).join('');
}

function formatRow({ what, seen, differences }: Row): string[] {
  const verdict = differences.length === 0 ? green('equal') : red('DIFFERS');
  const line = `  ${what.padEnd(WHAT)}${seen.padEnd(SEEN)}  ${verdict}`;
  const told = differences.slice(0, TOLD).map((difference) => `    ${clip(formatDifference(difference))}`);
  const more = differences.length > TOLD ? [`    and ${differences.length - TOLD} more`] : [];
  return [line, ...told, ...more];
}

const clip = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** Texts of the two runs, as a difference at the first line that is another. */
export function compareTexts(kind: string, expected: string, is: string): Difference[] {
  if (expected === is) return [];
  const [before, after] = [expected.split('\n'), is.split('\n')];
  const found = before.findIndex((line, index) => line !== after[index]);
  const line = found === -1 ? before.length : found;
  return [{ kind, at: `line ${line + 1}`, before: before[line] ?? 'nothing', after: after[line] ?? 'nothing' }];
}
