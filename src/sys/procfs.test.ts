import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ElfreezeError } from '../base/errors.ts';
import { procBytes, ProcessMemory } from './procfs.ts';
import { Tracee } from './ptrace.ts';

/** A process that has ended, whose parent never waits: the shell would, so the child ends once that has executed sleep. */
const ZOMBIE = `sh -c 'until grep -q sleep /proc/$PPID/comm; do :; done' & echo $!; exec sleep 1000`;

it('calls a process that ended meanwhile a zombie, not one that may not be read or traced', async () => {
  const parent = spawn('sh', ['-c', ZOMBIE], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(said.toString());
    while (!/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))) await new Promise(setImmediate);
    const codeOf = (read: () => unknown): string | undefined => {
      try {
        return void read();
      } catch (error) {
        return error instanceof ElfreezeError ? error.code : String(error);
      }
    };
    expect(codeOf(() => new ProcessMemory(pid))).toBe('TARGET_ZOMBIE');
    expect(codeOf(() => procBytes(pid, 'auxv'))).toBe('TARGET_ZOMBIE');
    expect(codeOf(() => Tracee.seize(pid))).toBe('TARGET_ZOMBIE');
  } finally {
    parent.kill('SIGKILL');
  }
});
