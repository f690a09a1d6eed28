import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from '../root.ts';
import { LabError } from '../running.ts';
import { type Accelerator, machine } from './devices.ts';
import { Vm } from './vm.ts';

const PROBE_MS = 15_000;
const PROBE_MEBIBYTES = 512;

/**
 * KVM where a guest boots with it in time: that /dev/kvm is there says little. Asked once for each boot of this machine.
 * @param system an initramfs for that kernel
 */
export async function findAccelerator(kernel: string, system: string): Promise<Accelerator> {
  if (!canOpen('/dev/kvm')) return 'tcg';
  const record = join(CACHE, 'vm/accelerator.json');
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const known = existsSync(record) && (JSON.parse(await readFile(record, 'utf8')) as { boot: string; is: Accelerator });
  if (known && known.boot === boot) return known.is;
  const is = (await bootsWithKvm(kernel, system)) ? 'kvm' : 'tcg';
  await mkdir(join(CACHE, 'vm'), { recursive: true });
  await writeFile(record, JSON.stringify({ boot, is }));
  return is;
}

function canOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

async function bootsWithKvm(kernel: string, initramfs: string): Promise<boolean> {
  const timeLimit = AbortSignal.timeout(PROBE_MS);
  try {
    await using vm = await Vm.start({ kernel, initramfs, devices: machine('kvm', PROBE_MEBIBYTES) }, timeLimit);
    await vm.list('/proc/self');
    return true;
  } catch (error) {
    if (error instanceof LabError) return false;
    throw error;
  }
}
