import { ElfreezeError } from '../base/errors.ts';

/** A release as the model compares it. `stable` is Infinity when only the series was named: its newest. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  readonly stable: number;
}

export interface Kernel {
  readonly version: KernelVersion;
  /** What the kernel itself is built for. An amd64 kernel may also run i386 programs. */
  readonly arch: 'amd64' | 'i386';
  /** CONFIG_COMPAT_BRK: the break of an ET_DYN without interpreter is never moved. */
  readonly compatBrk: boolean;
  /** Whether an amd64 kernel runs i386 programs: CONFIG_IA32_EMULATION, and from 6.7 on the boot parameter ia32_emulation. */
  readonly ia32: boolean;
}

/**
 * `6.12`, `6.12.30`, `6.18.44-fc-v669`, `5.10.0-30-686-pae`, `6.1-i386`.
 * @throws USAGE when no release can be read from it
 */
export function parseKernel(text: string): Kernel {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (!match) throw new ElfreezeError('USAGE', `kernel ${JSON.stringify(text)} is no release such as 6.12 or 6.1-i386`);
  const [, major, minor, stable] = match;
  // Distributions put an ABI number after X.Y.0, whatever the stable release is.
  const isStable = stable !== undefined && !/^\d+\.\d+\.0-\d/.test(text);
  const version = { major: Number(major), minor: Number(minor), stable: isStable ? Number(stable) : Infinity };
  return { version, arch: /i386|i686|-686/.test(text) ? 'i386' : 'amd64', compatBrk: false, ia32: true };
}

export function formatKernel({ version: { major, minor, stable }, arch }: Kernel): string {
  return `${major}.${minor}${Number.isFinite(stable) ? `.${stable}` : ''} (${arch})`;
}

/**
 * Where a change is: `6.7` in mainline from that release on, `6.1.140` in that stable series from that release on.
 * A series that branched off before the mainline release has it only if it has an entry of its own.
 */
export type Since = readonly string[];

/** Whether `version` has a change that came with `since`. */
export function reached({ major, minor, stable }: KernelVersion, since: Since): boolean {
  return since.some((entry) => {
    const [entryMajor = 0, entryMinor = 0, entryStable] = entry.split('.').map(Number);
    if (entryStable !== undefined) return major === entryMajor && minor === entryMinor && stable >= entryStable;
    return major > entryMajor || (major === entryMajor && minor >= entryMinor);
  });
}
