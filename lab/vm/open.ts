import type { Compiler } from '../compile.ts';
import { findAccelerator } from './accelerator.ts';
import { machine } from './devices.ts';
import { makeSystem, MEBIBYTES, putElfreeze, type System } from './guest-system.ts';
import type { Kernel } from './kernels.ts';
import { Vm } from './vm.ts';

/** Boots a kernel; whoever calls owns what comes back. @param interrupted ends it */
export async function openVm(
  kernel: Kernel,
  system: System,
  compiler: Compiler,
  interrupted: AbortSignal,
): Promise<Vm> {
  const initramfs = await makeSystem(system, kernel.arch, compiler);
  const accelerator = await findAccelerator(kernel.path, initramfs);
  const devices = machine(accelerator, MEBIBYTES[system]);
  const vm = await Vm.start({ kernel: kernel.path, initramfs, devices }, interrupted);
  try {
    if (system === 'node') await putElfreeze(vm);
  } catch (error) {
    await vm[Symbol.asyncDispose]();
    throw error;
  }
  return vm;
}
