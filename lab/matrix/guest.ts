import type { Compiler } from '../compile.ts';
import { GuestHands } from '../vm/guest-hands.ts';
import type { System } from '../vm/guest-system.ts';
import type { Kernel } from '../vm/kernels.ts';
import { openVm } from '../vm/open.ts';
import type { Vm } from '../vm/vm.ts';

/** A guest of the matrix. Own it with `await using`. */
export interface Guest extends AsyncDisposable {
  readonly kernel: Kernel;
  /** /proc/sys/kernel/osrelease */
  readonly release: string;
  readonly vm: Vm;
  readonly hands: GuestHands;
}

export async function openGuest(
  kernel: Kernel,
  system: System,
  compiler: Compiler,
  interrupted: AbortSignal,
): Promise<Guest> {
  const vm = await openVm(kernel, system, compiler, interrupted);
  const release = (await vm.read('/proc/sys/kernel/osrelease')).toString().trim();
  const hands = new GuestHands(vm, compiler);
  return { kernel, release, vm, hands, [Symbol.asyncDispose]: () => vm[Symbol.asyncDispose]() };
}
