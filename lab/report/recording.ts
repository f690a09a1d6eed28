import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { hex } from '../../src/base/range.ts';
import type { Cell } from '../cell.ts';
import type { Difference, Verdict } from '../judge/verdict.ts';
import { ROOT } from '../root.ts';
import { type Evidence, recordRange } from './evidence.ts';
import { type CellRecord, type DifferenceRecord, RUN_RECORD, type RunRecord, type VerdictRecord } from './record.ts';

/** What a runner says of one experiment. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly milliseconds: number;
  readonly evidence: Evidence;
  readonly rerun: string;
  readonly directory?: string;
  /** This host's, both, if not said. */
  readonly places?: CellRecord['places'];
}

const HOST = { name: 'host', kernel: release() } as const;

export function recordCell(cell: Cell, outcome: Outcome): CellRecord {
  const { verdict, milliseconds, evidence, rerun, directory, places } = outcome;
  const { before, after, image } = evidence;
  return {
    name: cell.name,
    target: cell.target.name,
    fact: cell.target.fact,
    arch: cell.arch,
    linkage: cell.linkage,
    places: places ?? { freeze: HOST, restore: HOST },
    verdict: recordVerdict(verdict),
    milliseconds,
    phases: evidence.phases,
    ...(before && { before }),
    ...(after && { after }),
    ...(image && { image }),
    rerun,
    ...(directory !== undefined && { directory }),
  };
}

export const recordVerdict = (verdict: Verdict): VerdictRecord =>
  verdict.outcome === 'differs'
    ? { outcome: 'differs', differences: verdict.differences.map(recordDifference) }
    : verdict;

const recordDifference = ({ kind, at, before, after, place, page }: Difference): DifferenceRecord => ({
  kind,
  at,
  before,
  after,
  ...(place && { place: recordRange(place) }),
  ...(page && {
    page: {
      address: hex(page.address),
      before: page.before.toString('hex'),
      after: page.after.toString('hex'),
      differing: [...page.differing],
    },
  }),
});

/** The run as a whole, apart from its cells. */
export function recordRun(run: {
  readonly started: Date;
  readonly cells: readonly CellRecord[];
  readonly leftOut: RunRecord['leftOut'];
  readonly compiler: string;
  readonly seed?: string;
  readonly notes?: readonly string[];
  /** What runs guests, and how. */
  readonly guests?: string;
}): RunRecord {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return {
    record: RUN_RECORD,
    started: run.started.toISOString(),
    milliseconds: Date.now() - run.started.getTime(),
    command: ['elfreeze-lab', ...process.argv.slice(2)].join(' '),
    ...(run.seed !== undefined && { seed: run.seed }),
    machine: {
      kernel: release(),
      arch: arch(),
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      processors: availableParallelism(),
      memory: hex(totalmem()),
    },
    versions: {
      elfreeze: version,
      node: process.versions.node,
      compiler: run.compiler,
      ...(run.guests !== undefined && { guests: run.guests }),
    },
    cells: [...run.cells],
    leftOut: run.leftOut,
    ...(run.notes && run.notes.length > 0 && { notes: [...run.notes] }),
  };
}
