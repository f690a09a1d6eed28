import { join } from 'node:path';
import type { Cell } from '../cell.ts';
import { type Verdict, verdictOf } from '../judge/verdict.ts';
import type { Place } from '../places/place.ts';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { Evidence } from '../report/evidence.ts';
import type { Outcome } from '../report/recording.ts';
import { ROOT } from '../root.ts';
import { LabError } from '../running.ts';
import { experiment, TooLate } from './experiment.ts';
import { compareResults } from './result.ts';
import { sooner, type Trial } from './trial.ts';
import { runUndisturbed, type Undisturbed } from './undisturbed.ts';

export interface TrialReport extends Outcome {
  readonly name: string;
  readonly cell: Cell;
}

export interface Laboratory {
  readonly freezeIn: Place;
  readonly restoreIn: Place;
  /** In it every experiment gets a directory, where places have theirs; of its own, on this host, if not said. */
  readonly dir?: string;
  /** Ends what is under way. */
  readonly interrupted: AbortSignal;
  /** Options of the command that runs one trial again. */
  readonly rerun: string;
}

/** Makes experiments, each in a directory of its own; an undisturbed run is made once for each cell. */
export class Runner implements AsyncDisposable {
  private readonly lab: Laboratory;
  private readonly dir: string;
  private readonly undisturbed = new Map<string, Promise<Undisturbed>>();
  private directories = 0;
  private kept = false;

  private constructor(lab: Laboratory, dir: string) {
    this.lab = lab;
    this.dir = dir;
  }

  static async open(lab: Laboratory): Promise<Runner> {
    return new Runner(lab, lab.dir ?? (await makeLabDirectory()));
  }

  async run(trial: Trial): Promise<TrialReport> {
    try {
      return await this.attempt(trial);
    } catch (error) {
      if (!(error instanceof TooLate)) throw error;
      return this.run(sooner(trial)!);
    }
  }

  /** @throws TooLate when an earlier moment, or a longer wait, is worth trying */
  private async attempt(trial: Trial): Promise<TrialReport> {
    const dir = this.newDirectory();
    const evidence = new Evidence();
    const { freezeIn, restoreIn, interrupted } = this.lab;
    const start = performance.now();
    const undisturbed = this.baseline(trial.cell);
    // Looked at in the end; must not count as unhandled if the experiment fails first.
    undisturbed.catch(() => undefined);
    const setting = { freezeIn, restoreIn, dir, undisturbed, evidence, interrupted };
    const verdict = await experiment(trial, setting).catch(async (error: unknown) => {
      if (!(error instanceof TooLate) || sooner(trial) === undefined) return infra(error);
      await this.letGo(trial.cell, dir, false);
      throw error;
    });
    evidence.leave();
    const report = this.reportOf(trial, verdict, start, evidence);
    const isKept = (verdict.outcome === 'differs' || verdict.outcome === 'infra') && !this.lab.interrupted.aborted;
    await this.letGo(trial.cell, dir, isKept);
    return isKept ? { ...report, directory: dir } : report;
  }

  /** Is the target itself right here? Once undisturbed, once only stopped and continued: both must find nothing. */
  async runUndisturbed(trial: Trial): Promise<TrialReport> {
    const { cell } = trial;
    const start = performance.now();
    const verdict = await Promise.all([this.baseline(cell), this.undisturbedRun(cell, true)]).then(
      ([alone, stopped]): Verdict => {
        const said =
          alone.output.includes('ok\n') || (cell.target.begun ?? cell.target.worked) !== undefined || cell.target.own;
        const differences = said
          ? []
          : [{ kind: 'output', at: '', before: 'ok', after: `${alone.output.trim()} (${alone.end})` }];
        return verdictOf([...differences, ...compareResults(alone, stopped)]);
      },
      infra,
    );
    return this.reportOf(trial, verdict, start, new Evidence());
  }

  /** Whether any directory was left for a look. */
  get keeps(): boolean {
    return this.kept;
  }

  /** Waits for what experiments that failed did not wait for. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.undisturbed.values());
    if (this.lab.dir === undefined) await closeLabDirectory(this.dir, this.kept);
  }

  private baseline(cell: Cell): Promise<Undisturbed> {
    const known = this.undisturbed.get(cell.name) ?? this.undisturbedRun(cell, false);
    this.undisturbed.set(cell.name, known);
    return known;
  }

  private async undisturbedRun(cell: Cell, pauses: boolean): Promise<Undisturbed> {
    return runUndisturbed(cell, await this.lab.freezeIn.hands(cell.arch), this.newDirectory(), pauses);
  }

  private newDirectory(): string {
    return join(this.dir, String(this.directories++));
  }

  /** A directory that is kept comes to this host. */
  private async letGo({ arch }: Cell, dir: string, isKept: boolean): Promise<void> {
    this.kept ||= isKept;
    const { freezeIn, restoreIn } = this.lab;
    for (const place of new Set([freezeIn, restoreIn])) {
      // Hands that were broken off, or an interrupt, leave it to the place's own end.
      const hands = await place.hands(arch);
      await (isKept ? place.bringHome(arch, dir) : hands.remove(dir)).catch(onlyLabErrors);
    }
  }

  private reportOf({ name, cell }: Trial, verdict: Verdict, start: number, evidence: Evidence): TrialReport {
    const { freezeIn, restoreIn, rerun } = this.lab;
    return {
      name,
      cell,
      verdict,
      milliseconds: Math.round(performance.now() - start),
      evidence,
      rerun: `${join(ROOT, 'bin/elfreeze-lab')} run${rerun} '${cell.name}'`,
      places: {
        freeze: { name: freezeIn.name, kernel: freezeIn.kernel },
        restore: { name: restoreIn.name, kernel: restoreIn.kernel },
      },
    };
  }
}

function onlyLabErrors(error: unknown): void {
  if (!(error instanceof LabError)) throw error;
}

function infra(error: unknown): Verdict {
  if (!(error instanceof Error)) throw error;
  return { outcome: 'infra', cause: error.message, console: error instanceof LabError ? '' : (error.stack ?? '') };
}
