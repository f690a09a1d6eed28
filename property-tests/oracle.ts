import { release } from 'node:os';
import { HostKernel, type KernelOracle } from './oracles/launcher.ts';
import { KERNEL } from './settings.ts';
import { hostWorld, readWorld, type World } from './world.ts';

/** A kernel that can be asked, and what is known of it. */
export interface Oracle extends AsyncDisposable {
  readonly name: string;
  readonly kernel: KernelOracle;
  readonly world: World;
}

/** The kernel that --kernel names; the running one if none was named. */
export async function openOracle(): Promise<Oracle> {
  if (KERNEL !== undefined) return openGuest(KERNEL);
  const kernel = await HostKernel.start();
  return {
    name: `Linux ${release()}`,
    kernel,
    world: await hostWorld(),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}

async function openGuest(word: string): Promise<Oracle> {
  // Loaded here: most runs have no guest.
  const { GuestKernel } = await import('./guest-kernel.ts');
  const kernel = await GuestKernel.start(word, new AbortController().signal);
  const world = await readWorld((path) => kernel.read(path));
  return { name: kernel.name, kernel, world, [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose]() };
}
