import { expect, it } from 'vitest';
import { lacksArch } from '../lab/i386.ts';
import { anyProcess, namesOfThings, problemsOf } from './any-process.ts';
import { check } from './check.ts';
import { KERNEL } from './settings.ts';

it('a random process that is frozen and killed goes on in its image, or is refused and goes on itself', async ({
  task,
  skip,
}) => {
  skip(KERNEL !== undefined, 'freezes on this host only');
  const lack = lacksArch('i386');
  skip(lack !== undefined, lack);
  const names = await namesOfThings();
  expect(names.length).toBeGreaterThan(50);
  await check(anyProcess(names), {
    title: task.name,
    runs: 20,
    problems: problemsOf,
    show: ({ flavour, things, lazy, unprivileged }) => [
      `${flavour.arch} ${flavour.linkage}${lazy ? ' --lazy' : ''}${unprivileged ? ', unprivileged' : ''}: ${things.join(' ')}`,
    ],
  });
});
