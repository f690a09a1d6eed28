import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cell } from '../cell.ts';
import { type Verdict, verdictOf } from '../judge/verdict.ts';
import { formatOwner, SELF } from '../owner.ts';
import type { Place } from '../places/place.ts';
import { Evidence } from '../report/evidence.ts';
import type { Outcome } from '../report/recording.ts';
import { ROOT } from '../root.ts';
import { LabError } from '../running.ts';
import { experiment, TooLate } from './experiment.ts';
import { SECONDS } from './lead.ts';
import { compareResults } from './result.ts';
import type { Trial } from './trial.ts';
import { runUndisturbed, type Undisturbed } from './undisturbed.ts';

/** A part of the undisturbed time that is none: what ends sooner cannot be frozen. */
const SOONEST = 1e-4;

/** A machine that takes longer than this to freeze something does not work. */
const LONGEST_SECONDS = 64;

const sooner = (trial: Trial): Trial =>
  trial.moment === undefined
    ? { ...trial, seconds: (trial.seconds ?? SECONDS) * 2 }
    : { ...trial, moment: trial.moment / 2 };

const isSoonest = ({ moment, seconds = SECONDS }: Trial): boolean =>
  moment === undefined ? seconds >= LONGEST_SECONDS : moment < SOONEST;

/** Directories of a lab begin with this, then whose they are. */
export const DIRECTORY = 'elfreeze-lab-';

export interface TrialReport extends Outcome {
  readonly name: string;
  readonly cell: Cell;
}

export interface Laboratory {
  readonly freezeIn: Place;
  readonly restoreIn: Place;
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
  private keeps = false;

  private constructor(lab: Laboratory, dir: string) {
    this.lab = lab;
    this.dir = dir;
  }

  static async open(lab: Laboratory): Promise<Runner> {
    return new Runner(lab, await mkdtemp(join(tmpdir(), `${DIRECTORY}${formatOwner(SELF)}-`)));
  }

  async run(trial: Trial): Promise<TrialReport> {
    try {
      return await this.attempt(trial);
    } catch (error) {
      if (!(error instanceof TooLate)) throw error;
      return this.run(sooner(trial));
    }
  }

  /** @throws TooLate when an earlier moment, or a longer wait, is worth trying */
  private async attempt(trial: Trial): Promise<TrialReport> {
    const dir = this.newDirectory();
    const evidence = new Evidence();
    const { freezeIn, restoreIn } = this.lab;
    const start = performance.now();
    const undisturbed = this.baseline(trial.cell);
    // Looked at in the end; must not count as unhandled if the experiment fails first.
    undisturbed.catch(() => undefined);
    const setting = { freezeIn, restoreIn, dir, undisturbed, evidence };
    const verdict = await experiment(trial, setting).catch(async (error: unknown) => {
      if (!(error instanceof TooLate) || isSoonest(trial)) return infra(error);
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
        const said = alone.output.includes('ok\n') || cell.target.begun !== undefined || cell.target.own;
        const differences = said
          ? []
          : [{ kind: 'output', at: '', before: 'ok', after: `${alone.output.trim()} (${alone.end})` }];
        return verdictOf([...differences, ...compareResults(alone, stopped)]);
      },
      infra,
    );
    return this.reportOf(trial, verdict, start, new Evidence());
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
    const { freezeIn, restoreIn } = this.lab;
    for (const place of new Set([freezeIn, restoreIn])) {
      if (isKept) await place.bringHome(arch, dir);
      else await (await place.hands(arch)).remove(dir);
    }
    if (isKept) this.keeps = true;
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

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.keeps) await rm(this.dir, { recursive: true, force: true });
  }
}

function infra(error: unknown): Verdict {
  if (!(error instanceof Error)) throw error;
  return { outcome: 'infra', cause: error.message, console: error instanceof LabError ? '' : (error.stack ?? '') };
}
