import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Compiler } from '../compile.ts';
import { lacksArch } from '../i386.ts';
import { type MatrixCell, matrixCells, selectorOf } from '../matrix/cells.ts';
import { chooseKernels, type Kernels } from '../matrix/kernels.ts';
import { type MatrixPlan, runMatrix, type Square } from '../matrix/run.ts';
import { HOST, openGuest, openHost } from '../matrix/site.ts';
import { inOrder, isGood } from '../matrix/table.ts';
import { inStages } from '../progress.ts';
import type { CellRecord } from '../report/record.ts';
import { recordCell, recordRun } from '../report/recording.ts';
import { ROOT } from '../root.ts';
import { KERNELS } from '../vm/kernel-row.ts';
import type { Kernel } from '../vm/kernels.ts';
import { accelerationWith } from '../vm/open.ts';
import { interruption } from './interruption.ts';
import { type MatrixOptions, tellMatrix } from './matrix-told.ts';
import { explain } from './run-text.ts';

/** Freezes on every kernel, restores on every kernel. */
export async function matrixCommand(options: MatrixOptions): Promise<void> {
  const started = new Date();
  const interrupted = interruption();
  const compiler = await Compiler.find();
  const selected = await matrixCells(options);
  const lacks = ({ cell }: MatrixCell) =>
    compiler.lacks(cell) ?? (options.freezeOn.includes(HOST.name) ? lacksArch(cell.arch) : undefined);
  const cells = selected.filter((each) => lacks(each) === undefined);
  const squares: Square[] = [];
  let plan: MatrixPlan & Kernels = { freezeOn: [], restoreOn: [], gone: [], notes: [], cells, jobs: options.jobs };
  let guests = 'none';
  await inStages([
    {
      title: 'Kernels',
      work: async ({ at, say, note }) => {
        plan = { ...plan, ...(await chooseKernels(options, at)) };
        at('how guests run');
        guests = await describeGuests(plan, compiler);
        say(`guests: ${guests}`);
        for (const { what } of leftOut(selected, plan, lacks)) note(`left out: ${what}\n`);
        for (const text of plan.notes) note(`${text}\n`);
      },
    },
    {
      title: 'Matrix',
      work: async ({ at, say, note }) => {
        const all = plan.freezeOn.length * plan.restoreOn.length * cells.length * options.times;
        let bad = 0;
        const told = (square: Square) => {
          squares.push(square);
          if (!isGood(square)) bad += 1;
          if (!isGood(square) && !interrupted.aborted) note(explain(reportOf(square, options)));
          at(`${squares.length} of ${all}, ${bad === 0 ? 'all as they should be' : `${bad} not as they should be`}`);
        };
        // One round after the other: the images of a round are held in memory.
        for (let round = 0; round < options.times && !interrupted.aborted; round += 1)
          await runMatrix(plan, {
            openWorkshop: (kernel) =>
              kernel === HOST
                ? openHost(compiler, interrupted)
                : openGuest(kernel, 'node', compiler, interrupted, { isWarm: options.warm === true }),
            openBare: (kernel) => openGuest(kernel, 'bare', compiler, interrupted),
            interrupted,
            told,
            say,
          });
      },
    },
  ]).catch((error: unknown) => {
    // What an interrupt broke off is no failure.
    if (!interrupted.aborted) throw error;
  });
  const run = recordRun({
    started,
    cells: inOrder(squares, plan).map((square) => recordSquare(square, options)),
    leftOut: leftOut(selected, plan, lacks),
    notes: plan.notes,
    compiler: compiler.name,
    guests,
  });
  await tellMatrix(run, options, interrupted);
}

/** `QEMU emulator version 7.2.22, TCG: …` */
async function describeGuests({ freezeOn, restoreOn }: Kernels, compiler: Compiler): Promise<string> {
  const all = [...restoreOn, ...freezeOn.filter((kernel) => kernel !== HOST)];
  // That a kernel of the user's own does not boot says nothing of KVM.
  const kernel = all.find(({ name }) => KERNELS.some((row) => row.name === name)) ?? all[0];
  if (kernel === undefined) return 'none';
  const { is, why } = await accelerationWith(kernel, compiler);
  const [version = ''] = execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }).split(/[\n(]/, 1);
  return `${version.trim()}, ${is.toUpperCase()}${why === undefined ? '' : `: ${why}`}`;
}

const leftOut = (
  selected: readonly MatrixCell[],
  { gone, cells }: MatrixPlan & Kernels,
  lacks: (cell: MatrixCell) => string | undefined,
) => [
  ...selected.flatMap((each) => {
    const what = lacks(each);
    return what === undefined ? [] : [{ what: `${each.name}: ${what}`, cells: 1 }];
  }),
  ...gone.map(({ name, gone: why }) => ({ what: `Linux ${name}: ${why}`, cells: cells.length })),
];

const recordSquare = (square: Square, options: MatrixOptions): CellRecord =>
  recordCell({ ...square.of.cell, name: square.of.name }, reportOf(square, options));

function reportOf(square: Square, { portable, warm }: MatrixOptions) {
  const { of, frozenOn, restoredOn, verdict, milliseconds, evidence } = square;
  const rerun = [
    `${join(ROOT, 'bin/elfreeze-lab')} matrix --freeze-on ${frozenOn.name} --restore-on ${restoredOn.name}`,
    `--targets '${selectorOf(of)}'${portable ? ' --portable' : ''}${warm ? ' --warm' : ''}`,
  ].join(' ');
  const name = `${of.name}, frozen on ${frozenOn.name}, restored on ${restoredOn.name}`;
  const places = { freeze: placeOf(frozenOn), restore: placeOf(restoredOn) };
  return { name, cell: of.cell, verdict, milliseconds, evidence, rerun, places };
}

const placeOf = (kernel: Kernel) => ({
  name: kernel === HOST ? kernel.name : `Linux ${kernel.name}`,
  kernel: kernel.from,
});
