import { existsSync } from 'node:fs';
import { type Cell, selectCells } from '../cell.ts';
import { type Trial, trialsOf } from '../experiment/trial.ts';
import { ownSource } from '../own.ts';

/** A cell of the matrix: its name has `+high` after it for a program of 32 bits with addresses that only a 64-bit kernel has. */
export interface MatrixCell extends Trial {
  readonly below3GiB: boolean;
  /** Started so that its image needs no special processor: portable.ts. */
  readonly portable: boolean;
}

export interface MatrixSelection {
  /** Names of targets or cells, or C files; of a target or file the linkage `pie` is meant. */
  readonly targets: readonly string[];
  /** So often a user's own program is frozen, at random moments. */
  readonly moments: number;
  readonly seed: string;
  readonly portable?: true;
}

/**
 * What every kernel is tried with, unless said otherwise: what kernels do differently (break, vdso, TLS, signal frames, xstate, rseq, timers,
 * restarted calls), linked statically and dynamically. Nothing that opens files or compares clocks: another machine has others.
 */
const CHOSEN = [
  'brk-unaligned/x86-64/pie',
  'brk-grow-after/x86-64/static',
  'dontneed-gives-zeros/x86-64/static',
  'signal-pending/x86-64/static',
  'fpu-sse-avx-state/x86-64/static',
  'vdso-getcpu/x86-64/pie',
  'rseq/x86-64/pie',
  'itimer/x86-64/static',
  'threads-after/x86-64/static',
  'posix-timers/x86-64/static',
  'brk-unaligned/i386/pie',
  'tls/i386/pie',
  'alarm-left/i386/static',
  'posix-timers/i386/static',
  'registers/i386/static',
  'signal-altstack/i386/static',
  'vdso-getcpu/i386/pie',
  'read-restart/i386/musl',
  'fork-after/i386/static',
] as const;
/** One of a process above 3 GiB: it must be refused where there is no such memory. */
const HIGH = 'brk-unaligned/i386/static';

/** @throws when a name selects nothing */
export async function matrixCells({ targets, moments, seed, portable }: MatrixSelection): Promise<MatrixCell[]> {
  const trials: Trial[] = [];
  for (const word of targets.length > 0 ? targets : [...CHOSEN, HIGH + ABOVE])
    trials.push(...(isSource(word) ? trialsOf(await ownSource(word, ARCHES, ['pie']), moments, seed) : select(word)));
  return trials.map((trial) => ({
    ...trial,
    below3GiB: trial.cell.arch === 'i386' && !trial.name.endsWith(ABOVE),
    portable: portable === true,
  }));
}

const ARCHES = ['x86-64', 'i386'] as const;
const ABOVE = '+high';

const isSource = (word: string): boolean => word.endsWith('.c') && existsSync(word);

function select(word: string): Trial[] {
  if (word.endsWith(ABOVE)) return cellsOf(word.slice(0, -ABOVE.length)).map((cell) => ({ name: word, cell }));
  return cellsOf(word.includes('/') ? word : `${word}/*/pie`).map((cell) => ({ name: cell.name, cell }));
}

/** The word that selects it again. */
export const selectorOf = ({ name, cell }: MatrixCell): string =>
  cell.target.own ? name.replace(/\/[^/]+\/[^/]+$/, '') : name;

const cellsOf = (selector: string): Cell[] => selectCells({ selectors: [selector], arches: [], linkages: [] });
