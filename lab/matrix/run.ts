import type { Compiler } from '../compile.ts';
import type { Verdict } from '../judge/verdict.ts';
import { inPool } from '../pool.ts';
import { Evidence } from '../report/evidence.ts';
import { LabError } from '../running.ts';
import type { System } from '../vm/guest-system.ts';
import type { Kernel } from '../vm/kernels.ts';
import type { MatrixCell } from './cells.ts';
import { freezeIn, type Frozen, restoreIn } from './frozen.ts';
import { type Guest, openGuest } from './guest.ts';

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
  readonly compiler: Compiler;
  readonly interrupted: AbortSignal;
  /** A square is judged. */
  readonly told: (square: Square) => void;
}

/** Every cell frozen on each of the kernels that freeze, every image run on each of those that restore. */
export async function runMatrix(plan: MatrixPlan, setting: MatrixSetting): Promise<void> {
  const frozen: Frozen[] = [];
  await inPool(plan.freezeOn, plan.jobs, async (kernel) => {
    const ended = (of: MatrixCell, verdict: Verdict, milliseconds: number, evidence: Evidence) => {
      for (const restoredOn of plan.restoreOn)
        setting.told({ of, frozenOn: kernel, restoredOn, verdict, milliseconds, evidence });
    };
    const work = async (guest: Guest, of: MatrixCell, evidence: Evidence): Promise<Verdict | undefined> => {
      const result = await freezeIn(guest, of, evidence);
      if (!('image' in result)) return result;
      frozen.push(result);
      return undefined;
    };
    await inGuests(kernel, 'node', plan.cells, setting, work, ended);
  });
  // From here every process is an image.

  await inPool(plan.restoreOn, plan.jobs, async (kernel) => {
    const ended = ({ of, on }: Frozen, verdict: Verdict, milliseconds: number, evidence: Evidence) =>
      setting.told({ of, frozenOn: on.kernel, restoredOn: kernel, verdict, milliseconds, evidence });
    await inGuests(kernel, 'bare', frozen, setting, restoreIn, ended);
  });
}

/** One guest for all items, and a new one after one that did not survive. Each item ends once, or has no verdict yet. */
async function inGuests<T>(
  kernel: Kernel,
  system: System,
  items: readonly T[],
  { compiler, interrupted }: MatrixSetting,
  work: (guest: Guest, item: T, evidence: Evidence) => Promise<Verdict | undefined>,
  ended: (item: T, verdict: Verdict, milliseconds: number, evidence: Evidence) => void,
): Promise<void> {
  const left = [...items];
  while (left.length > 0 && !interrupted.aborted) {
    const opened = await openGuest(kernel, system, compiler, interrupted).catch((error: unknown) => infra(error, ''));
    if ('outcome' in opened) {
      // It would not boot for the others either.
      for (const item of left.splice(0)) ended(item, opened, 0, new Evidence());
      return;
    }
    await using guest = opened;
    while (left.length > 0 && !guest.vm.hasFailed) {
      const item = left.shift()!;
      const evidence = new Evidence();
      const start = performance.now();
      const verdict = await work(guest, item, evidence).catch((error: unknown) => infra(error, guest.vm.console));
      if (verdict) ended(item, verdict, Math.round(performance.now() - start), evidence);
    }
  }
}

/** What is wrong with the lab or a guest says nothing of the tool. */
function infra(error: unknown, console: string): Verdict {
  if (!(error instanceof Error)) throw error;
  return { outcome: 'infra', cause: error.message, console: error instanceof LabError ? console : (error.stack ?? '') };
}
