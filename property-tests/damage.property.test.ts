import { dir } from 'tmp-promise';
import { describe, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { check } from './check.ts';
import { damage, freezeProgram, placesOf } from './damage.ts';
import { KERNEL } from './settings.ts';

describe.each(['x86-64', 'i386'] as const)('an image of %s with up to four changed bytes', (arch) => {
  it('says that it is damaged, or runs to the right end', async ({ task, skip }) => {
    skip(KERNEL !== undefined, 'runs images on this host only');
    const lack = lacksArch(arch);
    skip(lack !== undefined, lack);
    await using folder = await dir({ prefix: 'elfreeze-damage-', unsafeCleanup: true }).then(({ path, cleanup }) => ({
      path,
      [Symbol.asyncDispose]: cleanup,
    }));
    const frozen = await freezeProgram({ arch, linkage: 'static' }, folder.path);
    await check(damage, {
      title: `${task.suite?.name} ${task.name}`,
      runs: 100,
      problems: async (changes) => frozen.problems(changes),
      show: (changes) => placesOf(frozen.parts, changes).map(({ at, by }) => `byte ${at} ^ ${by}`),
    });
  });
});
