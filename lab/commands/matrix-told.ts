import type { MatrixSelection } from '../matrix/cells.ts';
import type { KernelNames } from '../matrix/kernels.ts';
import { isGood, matrixText } from '../matrix/table.ts';
import type { RunRecord } from '../report/record.ts';
import { type ReportFiles, writeReports } from '../report/write.ts';
import { INTERRUPTED } from './interruption.ts';

export interface MatrixOptions extends ReportFiles, KernelNames, MatrixSelection {
  readonly jobs: number;
  /** So often everything is frozen and restored. */
  readonly times: number;
  /** One elfreeze freezes all that a guest freezes. */
  readonly warm?: true;
  readonly engine: 'local' | 'swarm';
  /** Engines of a swarm's other nodes. */
  readonly nodes: readonly string[];
  readonly json?: true;
}

/** Exit status 0 when each square is as it should be. */
export async function tellMatrix(run: RunRecord, options: MatrixOptions, interrupted: AbortSignal): Promise<void> {
  await writeReports(run, options);
  process.stdout.write(options.json ? `${JSON.stringify(run, null, 2)}\n` : matrixText(run.cells));
  process.exitCode = interrupted.aborted ? INTERRUPTED : run.cells.length > 0 && run.cells.every(isGood) ? 0 : 1;
}
