// A freeze leaves every mapping as it was: no page of it appears in the process's page table, or anywhere, that was not there.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze } from './freeze.ts';
import { FLAVOURS } from './programs.ts';
import { BORROWED, type Counters, countersOf } from './smaps.ts';
import { Subject } from './subject.ts';

const NOBODY = 65534;

/** What docs/limits.md says of what a freeze costs: whose mapping, which counters, and by how many kB they may grow. */
interface Cost {
  readonly path: RegExp;
  readonly counters: readonly string[];
  readonly most: number;
}

/** Borrowing takes memory below the stack pointer. */
const ALWAYS: Cost = { path: /\[stack\]$/, counters: ['Rss', 'Anonymous'], most: BORROWED };
/** The kernel's two pages of code, of one of which only the half may have run. */
const OF_UNCOPIED: Cost = { path: /\[vdso\]$/, counters: ['Rss'], most: 4 };
/** Pages that the file has, in the page table: only with CAP_CHECKPOINT_RESTORE can a file be opened that has no name. */
const OF_DELETED: Cost = { path: / \(deleted\)$/, counters: ['Rss'], most: 64 };

/** Every mapping that is not as it was, in words. */
function changes(
  before: ReadonlyMap<string, Counters>,
  after: ReadonlyMap<string, Counters>,
  costs: readonly Cost[],
): string[] {
  expect([...after.keys()]).toEqual([...before.keys()]);
  return [...before].flatMap(([line, counters]) =>
    Object.entries(counters).flatMap(([name, size]) => {
      const now = after.get(line)?.[name] ?? 0;
      const most = costs.find(({ path, counters: own }) => path.test(line) && own.includes(name))?.most ?? 0;
      return now >= size && now <= size + most ? [] : [`${name} ${size} → ${now}: ${line}`];
    }),
  );
}

describe.each(FLAVOURS)('$arch $linkage', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));

  describe.each(['copied', 'uncopied'])('%s', (kind) => {
    it.each([
      ['as root', undefined],
      ['unprivileged', NOBODY],
    ] as const)('%s', async (_, uid) => {
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      chmodSync(scratch.path, 0o777);
      const own = { dir: scratch.path, ...(uid === undefined ? {} : { uid }) };
      const under = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
      const costs = [
        ALWAYS,
        ...(kind === 'uncopied' ? [OF_UNCOPIED] : []),
        ...(kind === 'uncopied' && uid !== undefined ? [OF_DELETED] : []),
      ];
      await using target = await Subject.start({ flavour, kind, program: 'memories', ...own });
      for (const args of [[], ['--check'], ['--lazy']]) {
        const before = countersOf(target.pid);
        expect(before.size).toBeGreaterThan(50);
        const output = join(scratch.path, 'image');
        const frozen = await freeze({ pid: target.pid, output, args, under, mark: target.name });
        expect(frozen).toMatchObject({ status: 0, stderr: '' });
        await target.settled();
        expect(changes(before, countersOf(target.pid), costs)).toEqual([]);
        await using continued = await Subject.continue(output, target, own);
        expect(await continued.finish()).toBe('ok');
      }
      await scratch.cleanup();
    });
  });
});
