import type { TrialReport } from '../experiment/runner.ts';
import type { Verdict } from '../judge/verdict.ts';
import { reasons } from '../judge/reasons.ts';
import type { VerdictRecord } from '../report/record.ts';

export const isGood = ({ verdict }: TrialReport): boolean =>
  verdict.outcome === 'same' || verdict.outcome === 'unsupported';

type Told = Pick<TrialReport, 'name' | 'milliseconds' | 'directory' | 'rerun'> & {
  readonly verdict: Verdict | VerdictRecord;
};

/** What to know of a trial that is not good. */
export function explain({ name, verdict, milliseconds, directory, rerun }: Told): string {
  const lines = [...reasons(verdict), ...(directory === undefined ? [] : [`kept: ${directory}`]), `rerun: ${rerun}`];
  const head = `${name}  ${verdict.outcome}  ${milliseconds} ms\n`;
  return head + lines.map((line) => `    ${line.replaceAll('\n', '\n      ')}\n`).join('');
}

const OUTCOMES = ['same', 'unsupported', 'differs', 'infra'] as const;

/** A line for each target, and one for all. */
export function summary(reports: readonly TrialReport[]): string {
  const byTarget = new Map<string, TrialReport[]>();
  for (const report of reports) {
    const { name } = report.cell.target;
    byTarget.set(name, [...(byTarget.get(name) ?? []), report]);
  }
  const width = Math.max(6, ...[...byTarget.keys()].map((name) => name.length));
  const row = (name: string, cells: readonly (string | number)[]) =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(12)).join('')}\n`;
  const counts = (of: readonly TrialReport[]) =>
    OUTCOMES.map((outcome) => of.filter(({ verdict }) => verdict.outcome === outcome).length);
  return [
    row('target', OUTCOMES),
    ...[...byTarget].map(([name, of]) => row(name, counts(of))),
    row('all', counts(reports)),
  ].join('');
}
