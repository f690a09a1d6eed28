import type { Cell } from '../cell.ts';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { type Laboratory, Runner, type TrialReport } from '../experiment/runner.ts';
import type { Trial } from '../experiment/trial.ts';
import { openPlaces, type PlaceNames, type Places } from '../places/open.ts';
import { inPool } from '../pool.ts';
import { inStages, type Stage } from '../progress.ts';
import type { CellRecord } from '../report/record.ts';
import { recordCell, recordRun } from '../report/recording.ts';
import { type ReportFiles, writeReports } from '../report/write.ts';
import { LabError } from '../running.ts';
import { INTERRUPTED, interruption } from './interruption.ts';
import { explain, isGood, summary } from './run-text.ts';
import { cellsOf, type Selected, type SelectionOptions, trialsIn } from './selection.ts';

export interface RunOptions extends ReportFiles, SelectionOptions, PlaceNames {
  readonly jobs: number;
  readonly undisturbed?: true;
  readonly json?: true;
}

/** Runs what is selected; exit status 0 when all are as they should be. */
export async function runCommand(operands: readonly string[], given: RunOptions): Promise<void> {
  const { selectors, command } = splitOperands(operands);
  const options = command.length === 0 ? given : { ...given, ...placesOfCommand(given) };
  const cells = await cellsOf(selectors, command, options);
  const interrupted = interruption();
  const started = new Date();
  const found = await runCells(cells, options, interrupted).catch((error: unknown) => {
    // What an interrupt broke off is no failure.
    if (!interrupted.aborted) throw error;
    return undefined;
  });
  if (found) {
    const record = recordRun({ started, seed: options.seed, ...found, cells: found.reports.map(recordReport) });
    await writeReports(record, options);
    process.stdout.write(options.json ? `${JSON.stringify(record, null, 2)}\n` : summary(found.reports));
  }
  const isAllGood = found !== undefined && found.reports.length > 0 && found.reports.every(isGood);
  process.exitCode = interrupted.aborted ? INTERRUPTED : isAllGood ? 0 : 1;
}

const recordReport = (report: TrialReport): CellRecord => recordCell({ ...report.cell, name: report.name }, report);

interface Found extends Selected {
  readonly compiler: string;
  readonly reports: readonly TrialReport[];
}

async function runCells(cells: readonly Cell[], options: RunOptions, interrupted: AbortSignal): Promise<Found> {
  const dir = await makeLabDirectory();
  let places: Places | undefined;
  let found: Found | undefined;
  try {
    await inStages([
      {
        title: 'Places made ready',
        work: async ({ say }) => {
          places = await openPlaces(options, cells, { dir, interrupted, say });
        },
      },
      {
        title: 'Cells',
        work: async (stage) => {
          found = await runIn({ ...places!, dir, interrupted, rerun: rerunOptions(options) }, cells, options, stage);
        },
      },
    ]);
    return found!;
  } finally {
    await places?.[Symbol.asyncDispose]();
    await closeLabDirectory(dir, found?.reports.some(({ directory }) => directory !== undefined) ?? false);
  }
}

async function runIn(
  lab: Laboratory,
  cells: readonly Cell[],
  options: RunOptions,
  { at, note }: Stage,
): Promise<Found> {
  const { freezeIn, interrupted } = lab;
  const { trials, leftOut } = await trialsIn(freezeIn, cells, options);
  for (const { what, cells: number } of leftOut) note(`${number} cells are left out: not in reach here: ${what}\n`);
  const [first] = trials;
  const compiler = first === undefined ? 'none' : await (await freezeIn.hands(first.cell.arch)).compiler();
  await using runner = await Runner.open(lab);
  const reports: TrialReport[] = [];
  await inPool(trials, options.jobs, async (trial) => {
    if (interrupted.aborted) return;
    const report = await (options.undisturbed ? runner.runUndisturbed(trial) : runner.run(trial));
    reports.push(report);
    if (!isGood(report) && !interrupted.aborted) note(explain(report));
    const bad = reports.filter((each) => !isGood(each)).length;
    at(
      `${reports.length} of ${trials.length}, ${bad === 0 ? 'all as they should be' : `${bad} not as they should be`}`,
    );
  });
  return { trials, leftOut, compiler, reports: inOrder(reports, trials) };
}

/** What comes after `--` is a command of the user's. commander gives both parts as one. */
function splitOperands(operands: readonly string[]): { selectors: readonly string[]; command: readonly string[] } {
  const dashes = process.argv.indexOf('--');
  const after = dashes === -1 ? 0 : process.argv.length - dashes - 1;
  return { selectors: operands.slice(0, operands.length - after), command: operands.slice(operands.length - after) };
}

/** A command of the user's is a program of this host. */
function placesOfCommand({ freezeIn = 'host', restoreIn = 'host' }: PlaceNames): PlaceNames {
  if (freezeIn !== 'host') throw new LabError('a command is of this host: it cannot be frozen in a container');
  return { freezeIn, restoreIn };
}

function rerunOptions({ freezeIn, restoreIn, moments, seed, undisturbed }: RunOptions): string {
  return [
    ...(freezeIn === undefined ? [] : [`--freeze-in ${freezeIn}`]),
    ...(restoreIn === undefined ? [] : [`--restore-in ${restoreIn}`]),
    ...(moments === undefined ? [] : [`--moments ${moments} --seed ${seed}`]),
    ...(undisturbed ? ['--undisturbed'] : []),
  ]
    .map((option) => ` ${option}`)
    .join('');
}

/** As they were selected: trials end in any order. */
function inOrder(reports: readonly TrialReport[], trials: readonly Trial[]): TrialReport[] {
  const places = new Map(trials.map(({ name }, at) => [name, at]));
  return [...reports].sort((a, b) => places.get(a.name)! - places.get(b.name)!);
}
