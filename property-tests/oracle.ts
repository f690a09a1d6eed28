import { release } from 'node:os';
import { HostKernel, type KernelOracle } from './oracles/launcher.ts';
import { KERNEL } from './settings.ts';
import { hostWorld, type World } from './world.ts';

/** A kernel that can be asked, and what is known of it. */
export interface Oracle extends AsyncDisposable {
  readonly name: string;
  readonly kernel: KernelOracle;
  readonly world: World;
}

/** The kernel that --kernel names: so far only the running one, if none was named. */
export async function openOracle(): Promise<Oracle> {
  if (KERNEL !== undefined) throw new Error(`no guest kernel ${KERNEL}: leave --kernel out to ask the running one`);
  const kernel = await HostKernel.start();
  return {
    name: `Linux ${release()}`,
    kernel,
    world: hostWorld(),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}
