import { dir } from 'tmp-promise';
import { describe, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { check } from './check.ts';
import { buildOpenFiles, differencesAfterFreeze, operations } from './open-files.ts';
import { KERNEL } from './settings.ts';

describe.each(['x86-64', 'i386'] as const)('descriptors of an %s process', (arch) => {
  it('share the open files that they shared, each with its flags, position, locks and signals', async ({
    task,
    skip,
  }) => {
    skip(KERNEL !== undefined, 'freezes on this host only');
    const lack = lacksArch(arch);
    skip(lack !== undefined, lack);
    await using folder = await dir({ prefix: 'elfreeze-open-files-', unsafeCleanup: true }).then(
      ({ path, cleanup }) => ({
        path,
        [Symbol.asyncDispose]: cleanup,
      }),
    );
    const program = await buildOpenFiles(arch, folder.path);
    await check(operations, {
      title: `${task.suite?.name} ${task.name}`,
      runs: 6,
      problems: (words) => differencesAfterFreeze(program, words, folder.path),
      show: (words) => [`open-files ${words.join(' ')}`],
    });
  });
});
