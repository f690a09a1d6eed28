import { type Cell, selectCells } from '../cell.ts';

/** A cell of the matrix: how its target is started, too. */
export interface MatrixCell {
  /** The cell's, `+high` after it for a program of 32 bits with addresses that only a 64-bit kernel has. */
  readonly name: string;
  readonly cell: Cell;
  readonly below3GiB: boolean;
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
  'sleep-restart/x86-64/static',
  'threads-after/x86-64/static',
  'posix-timers/x86-64/static',
  'brk-unaligned/i386/pie',
  'tls/i386/pie',
  'itimer/i386/static',
  'posix-timers/i386/static',
  'registers/i386/static',
  'signal-altstack/i386/static',
  'vdso-getcpu/i386/pie',
  'read-restart/i386/musl',
  'fork-after/i386/static',
] as const;
/** One of a process above 3 GiB: it must be refused where there is no such memory. */
const HIGH = 'brk-unaligned/i386/static';

/** @param selectors names of targets or cells; of a target the linkage `pie` is meant */
export function matrixCells(selectors: readonly string[]): MatrixCell[] {
  if (selectors.length === 0)
    return [...select(CHOSEN).map(low), { ...low(select([HIGH])[0]!), name: `${HIGH}+high`, below3GiB: false }];
  if (selectors.includes(`${HIGH}+high`)) return matrixCells([]).filter(({ name }) => selectors.includes(name));
  return selectors.flatMap((selector) => select([selector.includes('/') ? selector : `${selector}/*/pie`])).map(low);
}

const select = (selectors: readonly string[]): Cell[] => selectCells({ selectors, arches: [], linkages: [] });

const low = (cell: Cell): MatrixCell => ({ name: cell.name, cell, below3GiB: cell.arch === 'i386' });
