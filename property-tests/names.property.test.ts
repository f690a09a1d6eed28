import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { check } from './check.ts';
import { findAgain, named, showNamed } from './names.ts';
import { KERNEL } from './settings.ts';

describe.each(['x86-64', 'i386'] as const)(
  'a process of %s, whatever its files, directories, sockets and threads are called,',
  (arch) => {
    it('finds all of them again in its image', async ({ task, skip, onTestFinished }) => {
      skip(KERNEL !== undefined, 'freezes on this host only');
      const lack = lacksArch(arch);
      skip(lack !== undefined, lack);
      const folder = mkdtempSync(join(tmpdir(), 'elfreeze-names-'));
      // Node cannot remove what it cannot name.
      onTestFinished(() => void execFileSync('rm', ['-rf', folder]));
      await check(named, {
        title: `${task.suite?.name} ${task.name}`,
        runs: 8,
        problems: (value) => findAgain(value, { arch, linkage: 'static' }, folder),
        show: showNamed,
      });
    });
  },
);
