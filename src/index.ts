/** The library. What changes here is in CHANGELOG.md; docs/library.md shows it at work. */
import { openImage } from './image/read.ts';
import type { Comparison } from './compare/compare.ts';
import type { Difference } from './compare/difference.ts';
import type { Frozen, FreezeOptions } from './freeze.ts';
import { runHelper } from './helper.ts';
import type { Description } from './snapshot/description.ts';

export { ElfreezeError, type ErrorCode } from './base/errors.ts';
export { parseKernel, type Kernel } from './predict/kernel.ts';
export type { ExecConditions } from './predict/conditions.ts';
export { predict, type Prediction, type PredictOptions, type PredictedProcess } from './predict/predict.ts';
export { snapshotSchema } from './snapshot/schema/schema.ts';
export type { Image } from './image/read.ts';
export type * from './snapshot/snapshot.ts';
export type * from './snapshot/memory.ts';
export type * from './snapshot/thread.ts';
export type * from './snapshot/signals.ts';
export type * from './snapshot/timers.ts';
export type * from './snapshot/files/descriptors.ts';
export type * from './snapshot/files/nameless-files.ts';
export type * from './snapshot/files/terminal.ts';
export type { PrctlSetting } from './snapshot/prctl.ts';
export type { Comparison, Description, Difference, Frozen, FreezeOptions };

/**
 * Writes an executable that continues process `pid`, which itself goes on untouched, unless it is to be killed.
 * @throws ElfreezeError, with the code and the words of the command line
 */
export async function freeze(pid: number, options: FreezeOptions = {}): Promise<Frozen> {
  const { output, kill, check, lazy, brk, stdio, tcp, fds = {}, outside, cwd } = options;
  const flags = [
    ...(kill ? ['--kill'] : []),
    ...(check ? ['--check'] : []),
    ...(lazy ? ['--lazy'] : []),
    ...(brk ? [`--brk=${brk}`] : []),
    ...(stdio ? [`--stdio=${stdio}`] : []),
    ...(tcp ? [`--tcp=${tcp}`] : []),
    ...(outside ? [`--outside=${outside}`] : []),
    ...(cwd ? [`--cwd=${cwd}`] : []),
    ...Object.entries(fds).map(([fd, choice]) => `--fd=${fd}=${choice}`),
    ...(output === undefined ? [] : [`--output=${output}`]),
  ];
  type Json = Omit<Frozen, 'memory'> & { memory: string };
  const result = await runHelper<Json>('freeze', [String(pid)], flags);
  return { ...result, memory: BigInt(result.memory), stoodStillMs: result.stoodStillMs, rehearsal: result.rehearsal };
}

/**
 * Whether a process, stopped by ELFREEZE_STOP, is what an image recorded. It stays stopped.
 * @throws ElfreezeError
 */
export async function compare(path: string, pid: number): Promise<Comparison> {
  type Json = Omit<Comparison, 'counts'> & { counts: Omit<Comparison['counts'], 'memory'> & { memory: string } };
  const result = await runHelper<Json>('compare', [path, String(pid)]);
  return { ...result, counts: { ...result.counts, memory: BigInt(result.counts.memory) } };
}

/**
 * Opens an image: its ELF headers, its description, and the memory that it carries. Close it with `using` or
 * `[Symbol.dispose]()`.
 * @throws ElfreezeError
 */
export const readImage = openImage;
