import { type Cell, selectCells } from '../cell.ts';
import { Compiler } from '../compile.ts';
import { formatDifference, type Verdict } from '../judge/verdict.ts';
import { type CellReport, NativeRunner } from '../native.ts';
import { inPool } from '../pool.ts';
import type { CellRecord, RunRecord } from '../report/record.ts';
import { recordCell, recordRun } from '../report/recording.ts';
import { type ReportFiles, writeReports } from '../report/write.ts';

export interface RunOptions extends ReportFiles {
  readonly arch: readonly string[];
  readonly linkage: readonly string[];
  readonly times: number;
  readonly jobs: number;
  readonly undisturbed?: true;
  readonly json?: true;
}

/** Runs the selected cells; exit status 0 when all are as they should be. */
export async function runCommand(selectors: readonly string[], options: RunOptions): Promise<void> {
  const compiler = await Compiler.find();
  const selected = selectCells({ selectors, arches: options.arch, linkages: options.linkage });
  const cells = selected.filter((cell) => compiler.lacks(cell) === undefined);
  const leftOut = lacking(selected, compiler);
  for (const { what, cells: number } of leftOut)
    process.stderr.write(`${number} cells are left out: not in reach here: ${what}\n`);
  const started = new Date();
  const reports: CellReport[] = [];
  const records: CellRecord[] = [];
  const rounds = Array.from({ length: options.times }, () => cells).flat();
  const interrupted = interruption();
  const runner = new NativeRunner(compiler, interrupted);
  await inPool(rounds, options.jobs, async (cell) => {
    if (interrupted.aborted) return;
    const report = await (options.undisturbed ? runner.runUndisturbed(cell) : runner.run(cell));
    reports.push(report);
    records.push(recordCell(cell, report));
    sayProgress(report, reports.length, rounds.length);
  });
  const record = recordRun({ started, cells: inOrder(records, cells), leftOut, compiler: compiler.name });
  await writeReports(record, options);
  if (options.json) process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
  else process.stdout.write(summary(reports));
  process.exitCode = interrupted.aborted ? INTERRUPTED : reports.length > 0 && reports.every(isGood) ? 0 : 1;
}

/** 128 + SIGINT, as shells say it. */
const INTERRUPTED = 130;

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

const isGood = ({ verdict }: CellReport): boolean => verdict.outcome === 'same' || verdict.outcome === 'unsupported';

/** As they were selected: cells end in any order. */
function inOrder(records: readonly CellRecord[], cells: readonly Cell[]): CellRecord[] {
  const places = new Map(cells.map(({ name }, at) => [name, at]));
  return [...records].sort((a, b) => places.get(a.name)! - places.get(b.name)!);
}

function lacking(cells: readonly Cell[], compiler: Compiler): RunRecord['leftOut'] {
  const counts = new Map<string, number>();
  for (const cell of cells) {
    const what = compiler.lacks(cell);
    if (what !== undefined) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, number]) => ({ what, cells: number }));
}

/** A terminal sees every cell; elsewhere only what is wrong is said. */
function sayProgress(report: CellReport, done: number, all: number): void {
  const bad = !isGood(report);
  if (!bad && !process.stderr.isTTY) return;
  process.stderr.write(`[${done}/${all}] ${report.cell}  ${report.verdict.outcome}  ${report.milliseconds} ms\n`);
  if (bad) process.stderr.write(explain(report));
}

function explain({ verdict, directory, rerun }: CellReport): string {
  const lines = [...reasons(verdict), ...(directory === undefined ? [] : [`kept: ${directory}`]), `rerun: ${rerun}`];
  return lines.map((line) => `    ${line.replaceAll('\n', '\n      ')}\n`).join('');
}

function reasons(verdict: Verdict): string[] {
  switch (verdict.outcome) {
    case 'same':
      return [];
    case 'differs':
      return verdict.differences.map(formatDifference);
    case 'unsupported':
      return [verdict.feature];
    case 'infra':
      return [verdict.cause, verdict.console].filter((text) => text !== '');
  }
}

function summary(reports: readonly CellReport[]): string {
  const byTarget = new Map<string, CellReport[]>();
  for (const report of reports) {
    const target = report.cell.split('/')[0]!;
    byTarget.set(target, [...(byTarget.get(target) ?? []), report]);
  }
  const outcomes = ['same', 'unsupported', 'differs', 'infra'] as const;
  const width = Math.max(6, ...[...byTarget.keys()].map((name) => name.length));
  const row = (name: string, of: readonly CellReport[]) => {
    const counts = outcomes.map((outcome) =>
      String(of.filter(({ verdict }) => verdict.outcome === outcome).length).padStart(12),
    );
    return `${name.padEnd(width)}${counts.join('')}\n`;
  };
  const head = `${'target'.padEnd(width)}${outcomes.map((outcome) => outcome.padStart(12)).join('')}\n`;
  return head + [...byTarget].map(([name, of]) => row(name, of)).join('') + row('all', reports);
}
