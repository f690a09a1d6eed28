import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arch } from './targets/row.ts';

/** An i386 executable of one segment that ends with 42. @source elf(5) */
const PROGRAM = Buffer.from(
  [
    ...['7f454c46', '01010100', '0000000000000000', '0200', '0300', '01000000'], // ELFCLASS32, ET_EXEC, EM_386
    ...['54004000', '34000000', '00000000', '00000000', '3400', '2000', '0100', '0000', '0000', '0000'], // entry 0x400054, one program header
    ...['01000000', '00000000', '00004000', '00004000', '60000000', '60000000', '05000000', '00100000'], // PT_LOAD of 0x60 bytes at 0x400000
    ...['bb2a000000', 'b801000000', 'cd80'], // mov $42, %ebx; mov $1, %eax; int $0x80
  ].join(''),
  'hex',
);
const STATUS = 42;

const LACK =
  'programs of 32 bits, which this kernel does not run (CONFIG_IA32_EMULATION, ia32_emulation=on); guests of the matrix do';

let lacking: { readonly i386: string | undefined } | undefined;

/** Why no program of that architecture runs on this machine. */
export function lacksArch(arch: Arch): string | undefined {
  if (arch === 'x86-64') return undefined;
  lacking ??= { i386: isRefused() ? LACK : undefined };
  return lacking.i386;
}

/** For `beforeEach` of a suite: where no program of that architecture runs, its tests are skipped and say why. */
export const unlessItRuns =
  (arch: Arch) =>
  ({ skip }: { readonly skip: (condition: boolean, why?: string) => void }): void => {
    const lack = lacksArch(arch);
    skip(lack !== undefined, lack);
  };

/** Only execve's own word counts: what else may be wrong here must fail. */
function isRefused(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'elfreeze-i386-'));
  try {
    const path = join(dir, 'program');
    writeFileSync(path, PROGRAM, { mode: 0o700 });
    // execvp(3), which Node starts programs by, would give it to a shell as a script.
    const { status, stderr } = spawnSync('bash', ['-c', 'exec "$0"', path], { encoding: 'utf8' });
    return status !== STATUS && stderr.includes('Exec format error');
  } finally {
    rmSync(dir, { recursive: true });
  }
}
