import type { Verdict } from '../judge/verdict.ts';
import { inPool } from '../pool.ts';
import { Evidence } from '../report/evidence.ts';
import { LabError } from '../running.ts';
import type { Kernel } from '../vm/kernels.ts';
import { GuestFailure } from '../vm/vm.ts';
import type { MatrixCell } from './cells.ts';
import { freezeIn, type Frozen, restoreIn } from './frozen.ts';
import type { Guest, Site } from './site.ts';

/** One image on one kernel. */
export interface Square {
  readonly of: MatrixCell;
  readonly frozenOn: Kernel;
  readonly restoredOn: Kernel;
  readonly verdict: Verdict;
  readonly milliseconds: number;
  readonly evidence: Evidence;
}

export interface MatrixPlan {
  readonly cells: readonly MatrixCell[];
  readonly freezeOn: readonly Kernel[];
  readonly restoreOn: readonly Kernel[];
  readonly jobs: number;
}

export interface MatrixSetting {
  /** Where cells are frozen. */
  readonly openWorkshop: (kernel: Kernel) => Promise<Site>;
  /** Where nothing is but what continues images. */
  readonly openBare: (kernel: Kernel) => Promise<Guest>;
  readonly interrupted: AbortSignal;
  /** A square is judged. */
  readonly told: (square: Square) => void;
  /** A kernel is through. */
  readonly say: (what: string) => void;
}

/** Every cell frozen on each of the kernels that freeze, every image run on each of those that restore. */
export async function runMatrix(plan: MatrixPlan, setting: MatrixSetting): Promise<void> {
  const frozen: Frozen[] = [];
  await inPool(plan.freezeOn, plan.jobs, async (kernel) => {
    const ended = (of: MatrixCell, verdict: Verdict, milliseconds: number, evidence: Evidence) => {
      for (const restoredOn of plan.restoreOn)
        setting.told({ of, frozenOn: kernel, restoredOn, verdict, milliseconds, evidence });
    };
    const work = async (site: Site, of: MatrixCell, evidence: Evidence): Promise<Verdict | undefined> => {
      const result = await freezeIn(site, of, evidence);
      if (!('image' in result)) return result;
      frozen.push(result);
      return undefined;
    };
    await onSites(() => setting.openWorkshop(kernel), plan.cells, setting.interrupted, work, ended);
    const images = frozen.filter(({ on }) => on.kernel === kernel).length;
    setting.say(`frozen on ${kernel.name}: ${images} of ${plan.cells.length} cells`);
  });
  // From here every process is an image.

  await inPool(plan.restoreOn, plan.jobs, async (kernel) => {
    const ended = ({ of, on }: Frozen, verdict: Verdict, milliseconds: number, evidence: Evidence) =>
      setting.told({ of, frozenOn: on.kernel, restoredOn: kernel, verdict, milliseconds, evidence });
    await onSites(() => setting.openBare(kernel), frozen, setting.interrupted, restoreIn, ended);
    setting.say(`continued on ${kernel.name}: ${frozen.length} images`);
  });
}

/** One site for all items, and a new one after one that did not survive. Each item ends once, or has no verdict yet. */
async function onSites<S extends Site, T>(
  open: () => Promise<S>,
  items: readonly T[],
  interrupted: AbortSignal,
  work: (site: S, item: T, evidence: Evidence) => Promise<Verdict | undefined>,
  ended: (item: T, verdict: Verdict, milliseconds: number, evidence: Evidence) => void,
): Promise<void> {
  const left = [...items];
  while (left.length > 0 && !interrupted.aborted) {
    const opened = await open().catch((error: unknown) => infra(error, ''));
    if ('outcome' in opened) {
      // It would not boot for the others either.
      for (const item of left.splice(0)) ended(item, opened, 0, new Evidence());
      return;
    }
    await using site = opened;
    while (left.length > 0 && !interrupted.aborted && site.vm?.hasFailed !== true) {
      const item = left.shift()!;
      const evidence = new Evidence();
      const start = performance.now();
      const verdict = await work(site, item, evidence).catch((error: unknown) => infra(error, site.vm?.console ?? ''));
      if (verdict) ended(item, verdict, Math.round(performance.now() - start), evidence);
    }
  }
}

/** What is wrong with the lab or a guest says nothing of the tool. */
function infra(error: unknown, console: string): Verdict {
  if (!(error instanceof Error)) throw error;
  if (error instanceof GuestFailure) return { outcome: 'infra', cause: error.what, console: error.console };
  return { outcome: 'infra', cause: error.message, console: error instanceof LabError ? console : (error.stack ?? '') };
}
