import { describe, expect, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { anyProcess, namesOfThings, problemsOf } from './any-process.ts';
import { check } from './check.ts';
import { KERNEL } from './settings.ts';

describe.each(['x86-64', 'i386'] as const)('%s', (arch) => {
  it('a random process that is frozen and killed continues in its image, or is refused and continues itself', async ({
    task,
    skip,
  }) => {
    skip(KERNEL !== undefined, 'freezes on this host only');
    const lack = lacksArch(arch);
    skip(lack !== undefined, lack);
    const names = await namesOfThings();
    expect(names.length).toBeGreaterThan(50);
    await check(anyProcess(arch, names), {
      title: task.name,
      runs: 10,
      problems: problemsOf,
      show: ({ flavour, things, lazy, unprivileged }) => [
        `${flavour.arch} ${flavour.linkage}${lazy ? ' --lazy' : ''}${unprivileged ? ', unprivileged' : ''}: ${things.join(' ')}`,
      ],
    });
  });
});
