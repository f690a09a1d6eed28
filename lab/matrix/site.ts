import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { LocalHands } from '../agent/local-hands.ts';
import type { Compiler } from '../compile.ts';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { formatOwner, SELF } from '../owner.ts';
import { type CellHands, GuestHands } from '../vm/guest-hands.ts';
import { belowProgram, IN_GUEST, type System } from '../vm/guest-system.ts';
import type { Kernel } from '../vm/kernels.ts';
import { openVm, type Unusual } from '../vm/open.ts';
import type { Vm } from '../vm/vm.ts';

/** Where one half of a cell is done: a guest, or this host, which freezes only. Own it with `await using`. */
export interface Site extends AsyncDisposable {
  readonly kernel: Kernel;
  /** /proc/sys/kernel/osrelease */
  readonly release: string;
  /** What its processor can do: flags of /proc/cpuinfo. */
  readonly features: ReadonlySet<string>;
  /** Its processor is a program, which takes twenty times as long or more. */
  readonly isEmulated: boolean;
  readonly hands: CellHands;
  /** Of a cell that is frozen there, which makes and removes it. */
  readonly dir: string;
  /** Starts a program of 32 bits at addresses that a kernel of 32 bits has too. */
  readonly below: string;
  /** Ends what is under way. */
  readonly interrupted: AbortSignal;
  read(path: string): Promise<Buffer>;
  /** Not of this host. */
  readonly vm?: Vm;
}

export interface Guest extends Site {
  readonly hands: GuestHands;
  readonly vm: Vm;
}

export async function openGuest(
  kernel: Kernel,
  system: System,
  compiler: Compiler,
  interrupted: AbortSignal,
  unusual: Unusual & { readonly isWarm?: boolean } = {},
): Promise<Guest> {
  const vm = await openVm(kernel, system, compiler, interrupted, unusual);
  const text = async (path: string) => (await vm.read(path)).toString('latin1');
  try {
    const cpuinfo = await text('/proc/cpuinfo');
    return {
      kernel,
      release: (await text('/proc/sys/kernel/osrelease')).trim(),
      features: featuresIn(cpuinfo),
      isEmulated: /^model name\s*:.*QEMU TCG/m.test(cpuinfo),
      hands: new GuestHands(vm, compiler, unusual.isWarm === true),
      dir: '/tmp/lab',
      below: IN_GUEST.below,
      interrupted,
      read: (path) => vm.read(path),
      vm,
      [Symbol.asyncDispose]: () => vm[Symbol.asyncDispose](),
    };
  } catch (error) {
    await vm[Symbol.asyncDispose]();
    throw error;
  }
}

/** Instead of a kernel's name. */
export const HOST: Kernel = { name: 'host', arch: 'amd64', path: '', modules: [], from: `Linux ${release()}` };

export async function openHost(compiler: Compiler, interrupted: AbortSignal): Promise<Site> {
  const below = await belowProgram('amd64', compiler);
  const features = featuresIn(await readFile('/proc/cpuinfo', 'latin1'));
  const dir = await makeLabDirectory();
  return {
    kernel: HOST,
    release: release(),
    features,
    isEmulated: false,
    hands: new LocalHands(compiler, formatOwner(SELF), interrupted),
    dir: join(dir, 'cell'),
    below,
    interrupted,
    read: (path) => readFile(path),
    [Symbol.asyncDispose]: () => closeLabDirectory(dir, false),
  };
}

const featuresIn = (cpuinfo: string): ReadonlySet<string> =>
  new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
