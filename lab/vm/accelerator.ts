import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from '../root.ts';
import { LabError } from '../running.ts';
import { type Accelerator, machine } from './devices.ts';
import { Vm } from './vm.ts';

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
  const found = await probeKvm(kernel, system);
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

/** @returns within its time limit, and whatever KVM does */
export async function probeKvm(kernel: string, initramfs: string): Promise<Acceleration> {
  const timeLimit = AbortSignal.timeout(PROBE_MS);
  try {
    await using vm = await Vm.start({ kernel, initramfs, devices: machine('kvm', PROBE_MEBIBYTES) }, timeLimit);
    await vm.list('/proc/self');
    return { is: 'kvm' };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const late = `a guest with KVM did not boot in ${PROBE_MS / 1000} s`;
    return { is: 'tcg', why: timeLimit.aborted ? late : error.message.split('\n', 1)[0]! };
  }
}
