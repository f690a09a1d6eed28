import { alignColumns, type Paint } from '../cli/terminal.ts';
import { PROBES } from './probes.ts';
import type { Finding, Host, Probe } from './row.ts';

/** What `elfreeze doctor --json` prints. */
export interface Diagnosis {
  /** Whether freezing and running work here: no needed row says no. */
  readonly ok: boolean;
  readonly rows: readonly (Omit<Probe, 'probe'> & Finding)[];
}

/** Asks this host everything, one question after the other. */
export async function diagnose(host: Host, probes: readonly Probe[] = PROBES): Promise<Diagnosis> {
  const rows: Diagnosis['rows'][number][] = [];
  for (const { probe, ...row } of probes) rows.push({ ...row, ...(await probe(host)) });
  return { ok: rows.every(({ needed, answer }) => !needed || answer !== 'no'), rows };
}

const MARKS = { ok: '✓', no: '✗', unknown: '?' } as const;

/** A diagnosis for people: one row each, and under each that is not well why it matters and what to do. */
export function printDiagnosis({ ok, rows }: Diagnosis, paint: Paint): string[] {
  const lines = alignColumns(rows.map(({ answer, name, detail }) => [`${MARKS[answer]} ${name}`, detail]));
  const table = rows.flatMap((row, i) => {
    const line = row.answer === 'ok' ? lines[i]!.replace('✓', paint.good('✓')) : lines[i]!.replace('✗', paint.bad('✗'));
    const scope = row.needed ? '' : '; freezing and running work without';
    if (row.answer === 'no') return [line, paint.dim(`    ${row.why}${scope}`), `    → ${row.remedy}`];
    return row.answer === 'unknown' ? [line, paint.dim(`    ${row.why}${scope}`)] : [line];
  });
  const verdict = ok
    ? 'Processes can be frozen here, and images run.'
    : 'Freezing or running does not work here: see ✗.';
  return [...table, '', paint.heading(verdict)];
}
