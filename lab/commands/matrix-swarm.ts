import { matrixCells, selectorOf } from '../matrix/cells.ts';
import { chooseKernels, type Kernels } from '../matrix/kernels.ts';
import { matrixOnSwarm } from '../matrix/on-swarm.ts';
import { isGood } from '../matrix/table.ts';
import { inStages } from '../progress.ts';
import type { RunRecord } from '../report/record.ts';
import { LabError } from '../running.ts';
import { interruption } from './interruption.ts';
import { type MatrixOptions, tellMatrix } from './matrix-told.ts';
import { explain } from './run-text.ts';

/** The same cells, on all nodes of a swarm. */
export async function matrixSwarmCommand(options: MatrixOptions): Promise<void> {
  const started = new Date();
  const interrupted = interruption();
  const cells = await matrixCells(options);
  const own = cells.find(({ cell }) => cell.target.own);
  if (own) throw new LabError(`${selectorOf(own)}: files of your own do not travel to other nodes`);
  let kernels: Kernels = { freezeOn: [], restoreOn: [], gone: [], notes: [] };
  let runs: RunRecord[] = [];
  await inStages([
    { title: 'Kernels', work: async ({ at }) => void (kernels = await chooseKernels(options, at)) },
    {
      title: 'Matrix',
      work: async ({ say, note }) => {
        const same = [
          ...options.targets.flatMap((name) => ['--targets', name]),
          ...(options.portable ? ['--portable'] : []),
          ...(options.warm ? ['--warm'] : []),
          ...['--times', String(options.times)],
        ];
        runs = await matrixOnSwarm({ ...kernels, options: same, nodes: options.nodes }, { interrupted, say });
        for (const cell of runs.flatMap((run) => run.cells)) if (!isGood(cell)) note(explain(cell));
      },
    },
  ]);
  await tellMatrix(merge(runs, kernels, started), options, interrupted);
}

/** Of what is the same in all, the first part's. */
function merge(runs: readonly RunRecord[], { gone, notes }: Kernels, started: Date): RunRecord {
  const [first] = runs;
  if (first === undefined) throw new LabError('no kernel is left to freeze on');
  return {
    ...first,
    started: started.toISOString(),
    milliseconds: Date.now() - started.getTime(),
    command: ['elfreeze-lab', ...process.argv.slice(2)].join(' '),
    cells: runs.flatMap(({ cells }) => cells),
    leftOut: [...first.leftOut, ...gone.map(({ name, gone: why }) => ({ what: `Linux ${name}: ${why}`, cells: 0 }))],
    notes: [...notes],
  };
}
