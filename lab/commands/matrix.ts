import { join } from 'node:path';
import { Compiler } from '../compile.ts';
import { matrixCells } from '../matrix/cells.ts';
import { runMatrix, type Square } from '../matrix/run.ts';
import { isGood, matrixTable } from '../matrix/table.ts';
import { inStages } from '../progress.ts';
import type { CellRecord } from '../report/record.ts';
import { recordCell, recordRun } from '../report/recording.ts';
import { type ReportFiles, writeReports } from '../report/write.ts';
import { ROOT } from '../root.ts';
import { KERNELS } from '../vm/kernel-row.ts';
import { findKernel, type GoneKernel, type Kernel } from '../vm/kernels.ts';
import { INTERRUPTED, interruption } from './interruption.ts';
import { explain } from './run-text.ts';

export interface MatrixOptions extends ReportFiles {
  readonly kernels: readonly string[];
  readonly freezeOn: readonly string[];
  readonly restoreOn: readonly string[];
  readonly targets: readonly string[];
  readonly jobs: number;
  readonly json?: true;
}

/** Freezes on every kernel, restores on every kernel; exit status 0 when each square is as it should be. */
export async function matrixCommand(options: MatrixOptions): Promise<void> {
  const started = new Date();
  const interrupted = interruption();
  const compiler = await Compiler.find();
  const selected = matrixCells(options.targets);
  const cells = selected.filter(({ cell }) => compiler.lacks(cell) === undefined);
  const squares: Square[] = [];
  let kernels: Kernels = { freezeOn: [], restoreOn: [], gone: [] };
  await inStages([
    {
      title: 'Kernels',
      work: async ({ at, note }) => {
        kernels = await findKernels(options, at);
        for (const { name, gone } of kernels.gone) note(`Linux ${name} is left out: ${gone}\n`);
        const lacking = selected.length - cells.length;
        if (lacking > 0) note(`${lacking} cells are left out: they cannot be built here\n`);
        for (const { note: text } of kernels.restoreOn) if (text !== undefined) note(`${text}\n`);
      },
    },
    {
      title: 'Matrix',
      work: async ({ at, note }) => {
        const all = kernels.freezeOn.length * kernels.restoreOn.length * cells.length;
        await runMatrix(
          { ...kernels, cells, jobs: options.jobs },
          {
            compiler,
            interrupted,
            told: (square) => {
              squares.push(square);
              if (!isGood(square) && !interrupted.aborted) note(explain(reportOf(square)));
              const bad = squares.filter((each) => !isGood(each)).length;
              at(
                `${squares.length} of ${all}, ${bad === 0 ? 'all as they should be' : `${bad} not as they should be`}`,
              );
            },
          },
        );
      },
    },
  ]).catch((error: unknown) => {
    // What an interrupt broke off is no failure.
    if (!interrupted.aborted) throw error;
  });
  const leftOut = [
    ...selected.flatMap(({ cell }) => {
      const what = compiler.lacks(cell);
      return what === undefined ? [] : [{ what, cells: 1 }];
    }),
    ...kernels.gone.map(({ name, gone }) => ({ what: `Linux ${name}: ${gone}`, cells: cells.length })),
  ];
  const run = recordRun({ started, cells: squares.map(recordSquare), leftOut, compiler: compiler.name });
  await writeReports(run, options);
  const text = options.json
    ? `${JSON.stringify(run, null, 2)}\n`
    : matrixTable(squares, kernels.freezeOn, kernels.restoreOn);
  process.stdout.write(text);
  process.exitCode = interrupted.aborted ? INTERRUPTED : squares.length > 0 && squares.every(isGood) ? 0 : 1;
}

interface Kernels {
  readonly freezeOn: readonly Kernel[];
  readonly restoreOn: readonly Kernel[];
  readonly gone: readonly GoneKernel[];
}

async function findKernels(options: MatrixOptions, at: (what: string) => void): Promise<Kernels> {
  const all = options.kernels.length > 0 ? options.kernels : KERNELS.map(({ name }) => name);
  const freezeOn = options.freezeOn.length > 0 ? options.freezeOn : all;
  const restoreOn = options.restoreOn.length > 0 ? options.restoreOn : all;
  const found = new Map<string, Kernel | GoneKernel>();
  for (const name of [...freezeOn, ...restoreOn]) {
    if (found.has(name)) continue;
    at(`Linux ${name}`);
    found.set(name, await findKernel(name));
  }
  const those = (names: readonly string[]) =>
    names.map((name) => found.get(name)!).filter((kernel): kernel is Kernel => !('gone' in kernel));
  return {
    // elfreeze runs on 64-bit kernels only: 32-bit ones restore.
    freezeOn: those(freezeOn).filter(({ arch }) => arch === 'amd64'),
    restoreOn: those(restoreOn),
    gone: [...found.values()].filter((kernel): kernel is GoneKernel => 'gone' in kernel),
  };
}

const recordSquare = (square: Square): CellRecord =>
  recordCell({ ...square.of.cell, name: square.of.name }, reportOf(square));

function reportOf({ of, frozenOn, restoredOn, verdict, milliseconds, evidence }: Square) {
  const place = ({ name, from }: Kernel) => ({ name: `Linux ${name}`, kernel: from });
  return {
    name: `${of.name}, frozen on ${frozenOn.name}, restored on ${restoredOn.name}`,
    cell: of.cell,
    verdict,
    milliseconds,
    evidence,
    rerun: `${join(ROOT, 'bin/elfreeze-lab')} matrix --freeze-on ${frozenOn.name} --restore-on ${restoredOn.name} --targets '${of.name}'`,
    places: { freeze: place(frozenOn), restore: place(restoredOn) },
  };
}
