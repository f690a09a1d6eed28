import { LabError } from '../running.ts';
import { KERNELS } from '../vm/kernel-row.ts';
import { findKernel, type GoneKernel, type Kernel } from '../vm/kernels.ts';
import { HOST } from './site.ts';

/** Names as `findKernel` takes them, and `host` to freeze on. */
export interface KernelNames {
  /** All rows, if none. */
  readonly kernels: readonly string[];
  /** Instead of `kernels`. */
  readonly freezeOn: readonly string[];
  readonly restoreOn: readonly string[];
}

export interface Kernels {
  readonly freezeOn: readonly Kernel[];
  readonly restoreOn: readonly Kernel[];
  readonly gone: readonly GoneKernel[];
  /** What is not as was asked for. */
  readonly notes: readonly string[];
}

/** @param at is told which is looked for */
export async function chooseKernels(names: KernelNames, at: (what: string) => void): Promise<Kernels> {
  const all = names.kernels.length > 0 ? names.kernels : KERNELS.map(({ name }) => name);
  const freezeOn = names.freezeOn.length > 0 ? names.freezeOn : all;
  const restoreOn = names.restoreOn.length > 0 ? names.restoreOn : all;
  if (restoreOn.includes(HOST.name)) throw new LabError('images are run on this host by elfreeze-lab run');
  const found = new Map<string, Kernel | GoneKernel>([[HOST.name, HOST]]);
  for (const name of [...freezeOn, ...restoreOn]) {
    if (found.has(name)) continue;
    at(`Linux ${name}`);
    found.set(name, await findKernel(name));
  }
  const those = (wanted: readonly string[]) =>
    wanted.map((name) => found.get(name)!).filter((kernel): kernel is Kernel => !('gone' in kernel));
  const freezing = those(freezeOn);
  const restoreOnly = freezing.filter(({ arch }) => arch === 'i386').map(({ name }) => name);
  return {
    freezeOn: freezing.filter(({ arch }) => arch === 'amd64'),
    restoreOn: those(restoreOn),
    gone: [...found.values()].filter((kernel): kernel is GoneKernel => 'gone' in kernel),
    notes: [
      ...(restoreOnly.length === 0 ? [] : [`Linux ${restoreOnly.join(', ')}: restored on only: ${NO_FREEZE}`]),
      ...[...found.values()].flatMap((kernel) => ('note' in kernel && kernel.note !== undefined ? [kernel.note] : [])),
    ],
  };
}

const NO_FREEZE =
  'elfreeze freezes on x86-64, and wants Node 20.19, where Debian 12 has 18.20 for i386; an image needs neither';
