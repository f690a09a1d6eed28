import { createHash } from 'node:crypto';
import type { Cell } from '../cell.ts';
import { SECONDS } from './lead.ts';

/** One run of an experiment: frozen where the target waits for it, or at a moment. */
export interface Trial {
  /** The cell's, with `@N` for a moment. */
  readonly name: string;
  readonly cell: Cell;
  /** How far in, as a part of the time that it takes undisturbed until it waits for the lab, or ends. */
  readonly moment?: number;
  /** How long a target that waits itself does so. */
  readonly seconds?: number;
}

const TWO_TO_48 = 2 ** 48;

/** The same seed, cell and number give the same moment, whatever else is run. */
function momentOf(seed: string, cell: string, number: number): number {
  const digest = createHash('sha256').update(`${seed}\0${cell}\0${number}`).digest();
  return digest.readUIntBE(0, 6) / TWO_TO_48;
}

/** A part of the undisturbed time that is none: what ends sooner cannot be frozen. */
const SOONEST = 1e-4;

/** A machine that takes longer than this to freeze something does not work. */
const LONGEST_SECONDS = 64;

/** The same, where the target had ended before it could be frozen. @returns undefined when that is hopeless */
export function sooner<T extends Trial>(trial: T): T | undefined {
  const { moment, seconds = SECONDS } = trial;
  if (moment !== undefined) return moment < SOONEST ? undefined : { ...trial, moment: moment / 2 };
  return seconds >= LONGEST_SECONDS ? undefined : { ...trial, seconds: seconds * 2 };
}

/** Each cell once where its target waits, unless it is no target of the lab's, and `moments` times at random moments. */
export function trialsOf(cells: readonly Cell[], moments: number, seed: string): Trial[] {
  return cells.flatMap((cell) => [
    ...(cell.target.own ? [] : [{ name: cell.name, cell }]),
    ...Array.from({ length: moments }, (_, index) => ({
      name: `${cell.name}@${index + 1}`,
      cell,
      moment: momentOf(seed, cell.name, index + 1),
    })),
  ]);
}
