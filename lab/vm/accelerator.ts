import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from '../root.ts';
import { LabError } from '../running.ts';
import { type Accelerator, machine } from './devices.ts';
import { type Boot, GuestFailure, Vm } from './vm.ts';

const PROBE_MS = 15_000;
const PROBE_MEBIBYTES = 512;

export interface Acceleration {
  readonly is: Accelerator;
  /** Why it is not KVM. */
  readonly why?: string;
}

/**
 * KVM where a guest boots with it in time: that /dev/kvm is there says little. Asked once for each boot of this machine.
 * @param system an initramfs for that kernel
 */
export async function findAcceleration(kernel: string, system: string): Promise<Acceleration> {
  const closed = whyNotOpen('/dev/kvm');
  if (closed !== undefined) return { is: 'tcg', why: closed };
  const record = join(CACHE, 'vm/accelerator.json');
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const known = existsSync(record) && (JSON.parse(await readFile(record, 'utf8')) as { boot: string } & Acceleration);
  if (known && known.boot === boot) return known;
  const found = await probe({ kernel, initramfs: system, devices: machine('kvm', PROBE_MEBIBYTES) }, PROBE_MS);
  await mkdir(join(CACHE, 'vm'), { recursive: true });
  await writeFile(record, JSON.stringify({ boot, ...found }));
  return found;
}

function whyNotOpen(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `${path} is not there`;
    if (code === 'EACCES' || code === 'EPERM') return `${path} may not be opened`;
    throw error;
  }
}

/** @param boot a guest with KVM, which may do anything */
export async function probe(boot: Boot, milliseconds: number): Promise<Acceleration> {
  const timeLimit = AbortSignal.timeout(milliseconds);
  try {
    await using vm = await Vm.start(boot, timeLimit);
    await vm.list('/proc/self');
    return { is: 'kvm' };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    if (timeLimit.aborted) return { is: 'tcg', why: `a guest with KVM did not boot in ${milliseconds / 1000} s` };
    const said =
      error instanceof GuestFailure ? error.console.split('\n').find((line) => line.startsWith('qemu')) : undefined;
    return { is: 'tcg', why: `with KVM ${said ?? error.message}` };
  }
}
