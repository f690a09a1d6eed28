import type { Compiler } from '../compile.ts';
import { type Acceleration, findAcceleration } from './accelerator.ts';
import { type Accelerator, type Device, machine } from './devices.ts';
import { loadModules, makeSystem, MEBIBYTES, putElfreeze, type System } from './guest-system.ts';
import type { Kernel } from './kernels.ts';
import { type Limits, Vm } from './vm.ts';

/** How the guests of this machine run, found with a kernel that is there. */
export const accelerationWith = async (kernel: Kernel, compiler: Compiler): Promise<Acceleration> =>
  findAcceleration(kernel.path, await makeSystem('bare', kernel.arch, compiler));

export interface Unusual {
  /** Besides those of every guest. */
  readonly devices?: readonly Device[];
  readonly limits?: Partial<Limits>;
  readonly accelerator?: Accelerator;
}

/** Boots a kernel; whoever calls owns what comes back. @param interrupted ends it */
export async function openVm(
  kernel: Kernel,
  system: System,
  compiler: Compiler,
  interrupted: AbortSignal,
  { devices = [], limits = {}, accelerator }: Unusual = {},
): Promise<Vm> {
  const initramfs = await makeSystem(system, kernel.arch, compiler);
  const is = accelerator ?? (await findAcceleration(kernel.path, initramfs)).is;
  const all = [...machine(is, MEBIBYTES[system]), ...devices];
  const vm = await Vm.start({ kernel: kernel.path, initramfs, devices: all, limits }, interrupted);
  try {
    if (system === 'node') {
      await putElfreeze(vm);
      await loadModules(vm, kernel);
    }
  } catch (error) {
    await vm[Symbol.asyncDispose]();
    throw error;
  }
  return vm;
}
