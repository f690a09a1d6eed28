import { dir } from 'tmp-promise';
import { describe, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { spinning } from './arbitraries/runnable.ts';
import { check } from './check.ts';
import { refreeze } from './refreeze.ts';
import { imageOf, isLazy, MODES, showSnapshot } from './restored.ts';
import { KERNEL } from './settings.ts';

describe.each(MODES)('a restored %s process, its image made %s,', (arch, how) => {
  const lazy = isLazy(how);
  it('is frozen again as what it was', async ({ task, skip }) => {
    skip(KERNEL !== undefined, 'freezes on this host only');
    const lack = lacksArch(arch);
    skip(lack !== undefined, lack);
    await using folder = await dir({ prefix: 'elfreeze-refreeze-', unsafeCleanup: true }).then(({ path, cleanup }) => ({
      path,
      [Symbol.asyncDispose]: cleanup,
    }));
    await check(spinning(arch), {
      title: `${task.suite?.name} ${task.name}`,
      runs: 2,
      problems: ({ source, code }) => refreeze(source, code, imageOf(source, lazy, code), lazy, folder.path),
      show: ({ source }) => showSnapshot(source),
    });
  });
});
