// A freeze makes no page that did not exist: not in the process, and not in its image.
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze } from './freeze.ts';
import { until } from './processes.ts';
import { FLAVOURS } from './programs.ts';
import { BORROWED, type Counters, countersOf } from './smaps.ts';
import { Subject } from './subject.ts';

const NOBODY = 65534;
const PAGES = '3 pages';
/** More than all that an image of such a program has on disk. */
const MOST_ON_DISK = 16 << 20;

/** The process that stood still is as it was; of one that could not be copied more is in its page table, but no more exists. */
function expectSame(after: Map<string, Counters>, before: Map<string, Counters>, isCopied: boolean): void {
  expect([...after.keys()]).toEqual([...before.keys()]);
  for (const [line, counters] of before) {
    const now = after.get(line);
    if (line.endsWith('[stack]')) expect(now?.['Rss']).toBeLessThanOrEqual((counters['Rss'] ?? 0) + BORROWED);
    else if (isCopied) expect([line, now]).toEqual([line, counters]);
    else expect([line, now?.['Anonymous'], now?.['Swap']]).toEqual([line, counters['Anonymous'], counters['Swap']]);
  }
}

/** Asks it what there is, which it answers by a line. */
async function pagesOf(target: Subject): Promise<string | undefined> {
  const before = target.lines.length;
  target.signal('SIGUSR1');
  await until(
    'an answer',
    () => target.lines.length > before || undefined,
    () => target.console(),
  );
  return target.lines.at(-1);
}

describe.each(FLAVOURS)('$arch $linkage', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));

  describe.each(['anonymous', 'zero', 'sysv', 'memfd'])('%s', (kind) => {
    it.each([
      ['as root', undefined],
      ['unprivileged', NOBODY],
    ] as const)('%s', async (_, uid) => {
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      chmodSync(scratch.path, 0o777);
      const image = join(scratch.path, 'image');
      const own = { dir: scratch.path, ...(uid === undefined ? {} : { uid }) };
      const under = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
      await using target = await Subject.start({ flavour, kind, program: 'sparse', ...own });
      for (const args of [[], ['--check'], ['--lazy']]) {
        const before = countersOf(target.pid);
        const frozen = await freeze({ pid: target.pid, output: image, args, under, mark: target.name });
        expect(frozen).toMatchObject({ status: 0, stderr: '' });
        await target.settled();
        expectSame(countersOf(target.pid), before, kind !== 'sysv');
        expect(await pagesOf(target)).toBe(PAGES);
        expect(statSync(image).blocks * 512).toBeLessThan(MOST_ON_DISK);
        await using continued = await Subject.continue(image, target, own);
        expect(await pagesOf(continued)).toBe(PAGES);
        expect(await continued.finish()).toBe('ok');
      }
      const killed = await freeze({ pid: target.pid, output: image, args: ['--kill'], under, mark: target.name });
      expect(killed).toMatchObject({ status: 0, stderr: '' });
      await target.gone();
      await using continued = await Subject.continue(image, target, own);
      expect(await pagesOf(continued)).toBe(PAGES);
      expect(await continued.finish()).toBe('ok');
      await scratch.cleanup();
    });
  });
});
