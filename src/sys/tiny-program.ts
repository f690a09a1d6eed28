import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElfClass } from '../elf/layout.ts';
import { TINY_STATUS, tinyElf } from '../elf/tiny.ts';

/** Runs the smallest program of that width in `directory`. @returns why it did not run: an errno, or what ended it */
export function whyNotRun(cls: ElfClass, directory: string): string | undefined {
  let own: string | undefined;
  try {
    own = mkdtempSync(join(directory, '.elfreeze-tiny-'));
    const path = join(own, 'program');
    writeFileSync(path, tinyElf(cls), { mode: 0o700 });
    const { status, signal, error } = spawnSync(path, { stdio: 'ignore', timeout: 10_000 });
    if (error) throw error;
    if (signal !== null) return signal;
    // What the kernel does not know execvp(3) gives to a shell as a script: another status is the shell's.
    return status === TINY_STATUS ? undefined : 'ENOEXEC';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}

/** Whether the running kernel takes 32-bit programs: no file of /proc tells. That none can be tried is no sign that it does not. */
export const runsIa32 = (): boolean => whyNotRun(32, tmpdir()) !== 'ENOEXEC';
