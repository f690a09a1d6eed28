import { dir } from 'tmp-promise';
import { describe, it } from 'vitest';
import { spinning } from './arbitraries/runnable.ts';
import { check } from './check.ts';
import { refreeze } from './refreeze.ts';
import { imageOf, showSnapshot } from './restored.ts';
import { KERNEL } from './settings.ts';

describe.each(['x86-64', 'i386'] as const)('a restored %s process', (arch) => {
  it('is frozen again as what it was', async ({ task, skip }) => {
    skip(KERNEL !== undefined, 'freezes on this host only');
    await using folder = await dir({ prefix: 'elfreeze-refreeze-', unsafeCleanup: true }).then(({ path, cleanup }) => ({
      path,
      [Symbol.asyncDispose]: cleanup,
    }));
    await check(spinning(arch), {
      title: `a restored ${arch} process ${task.name}`,
      runs: 3,
      problems: ({ source, code }) => refreeze(source, imageOf(source, false, code), folder.path),
      show: ({ source }) => showSnapshot(source),
    });
  });
});
