// A target never notices that it was frozen: nor do its parent, its memory, its waits, or the process list.
import { execFile } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { inPool } from '../pool.ts';
import { freeze } from './freeze.ts';
import { lookAt, stateOf, until } from './processes.ts';
import { type Flavour, FLAVOURS } from './programs.ts';
import { count, random, rerun, SEED } from './random.ts';
import { type Kind, Subject } from './subject.ts';

const run = promisify(execFile);

/** Freezes in a row of one target. */
const FREEZES = count('ELFREEZE_FREEZES', 4);
/** Every so many freezes the image is run too. */
const SAMPLE = Math.max(2, Math.ceil(FREEZES / 10));
const HINT = (title: string) => rerun('unnoticed', title, { ELFREEZE_FREEZES: FREEZES });

const LINES = /^(\d+) /;
const numberOf = (line: string | undefined): number => Number(LINES.exec(line ?? '')?.[1]);

/** The lines of an undisturbed run, without its waits. */
async function reference(subject: Subject, lines: number): Promise<string[]> {
  const { stdout } = await run(subject.path, ['steady', 'reference', String(lines)], { maxBuffer: 1 << 28 });
  return stdout.split('\n').slice(1, -1);
}

/** The image continues where the target was, and prints what the target does, whose own lines are checked at the end. */
async function checkImage(
  image: string,
  target: Subject,
  seenBefore: number,
  seenAfter: number,
  dir: string,
): Promise<void> {
  await using continued = await Subject.continue(image, target, { dir });
  await until(
    'five lines further',
    () => continued.lines.length >= 5 || undefined,
    () => continued.console(),
  );
  await continued.finish();
  const lines = continued.lines.slice(0, -1);
  const first = numberOf(lines[0]);
  const end = first + lines.length;
  expect(first).toBeGreaterThanOrEqual(seenBefore);
  expect(first).toBeLessThanOrEqual(seenAfter);
  expect(continued.lines.at(-1)).toBe(`ok ${end}`);
  await until(
    'as far as its image',
    () => target.lines.length >= end || undefined,
    () => target.look(),
  );
  expect(lines).toEqual(target.lines.slice(first, end));
  expect(continued.events.at(-1)).toBe('event exited 0');
}

describe.each(FLAVOURS)('$arch $linkage', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));
  const title = `prints what an undisturbed run prints, frozen again and again`;
  it(`${title} (seed ${SEED})`, { timeout: 60_000 + FREEZES * 5_000 }, async () => {
    const hint = HINT(`${flavour.arch} ${flavour.linkage}`);
    const next = random(`steady ${flavour.arch} ${flavour.linkage}`);
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour, kind: 'steady', dir: scratch.path });
    for (let n = 1; n <= FREEZES; n++) {
      await delay(next() * 30);
      const image = join(scratch.path, `image-${n}`);
      const before = target.lines.length;
      const args = next() < 0.3 ? ['--lazy'] : [];
      const frozen = await freeze({ pid: target.pid, output: image, args, mark: target.name });
      expect(frozen, `rerun: ${hint}`).toMatchObject({ status: 0, stderr: '' });
      await target.settled();
      const after = target.lines.length;
      if (n % SAMPLE === 0) await checkImage(image, target, before, after, scratch.path);
      await rm(image);
    }
    await target.finish();
    await target.gone();
    const lines = target.lines;
    expect(lines, `rerun: ${hint}`).toEqual(await reference(target, lines.length - 1));
    expect(target.events, `rerun: ${hint}`).toEqual([expect.stringMatching(/^signal 17 /), 'event exited 0']);
    await scratch.cleanup();
  });
});

const BOTH: readonly Flavour[] = [
  { arch: 'x86-64', linkage: 'pie' },
  { arch: 'i386', linkage: 'static' },
];

const QUIET: readonly { readonly kind: Kind; readonly flavour: Flavour }[] = [
  ...FLAVOURS.map((flavour) => ({ kind: 'read' as const, flavour })),
  ...(['poll', 'pause', 'sigwait', 'semop'] as const).flatMap((kind) => BOTH.map((flavour) => ({ kind, flavour }))),
];

describe.each(QUIET)('$flavour.arch $flavour.linkage in $kind', ({ kind, flavour }) => {
  beforeEach(unlessItRuns(flavour.arch));
  it('has the same memory, mappings, signals, descriptors and system call after a freeze', async () => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour, kind, dir: scratch.path, pinned: true });
    await target.poke(kind);
    await until(
      'waiting',
      () => stateOf(target.pid) === 'S' || undefined,
      () => target.look(),
    );
    const before = lookAt(target.pid);
    for (let n = 0; n < 2; n++) {
      const frozen = await freeze({ pid: target.pid, output: join(scratch.path, 'image'), mark: target.name });
      expect(frozen).toMatchObject({ status: 0, stderr: '' });
      await target.settled();
      await until(
        'waiting',
        () => stateOf(target.pid) === 'S' || undefined,
        () => target.look(),
      );
      expect(Object.fromEntries(lookAt(target.pid))).toEqual(Object.fromEntries(before));
    }
    await target.poke(kind);
    expect(await target.finish()).toBe('ok 0');
    await target.gone();
    expect(target.events).toEqual([expect.stringMatching(/^signal 17 /), 'event exited 0']);
    await scratch.cleanup();
  });
});

/** As in subject.c. */
const WAITS = ['nanosleep', 'poll', 'ppoll', 'select', 'pselect', 'futex', 'clock_nanosleep'] as const;

describe.each(BOTH)('a wait of $arch $linkage that was frozen', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));
  it('ends when it would have, and not with EINTR', { timeout: 60_000 }, async () => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const rows = WAITS.map((name, how) => ({ name, how }));
    const start = ({ how }: (typeof rows)[number]) =>
      Subject.start({ flavour, kind: 'wait', args: [String(how)], dir: scratch.path });
    const waiting: { readonly name: string; readonly target: Subject }[] = [];
    try {
      await inPool(rows, availableParallelism(), async (row) => {
        const target = await start(row);
        waiting.push({ name: row.name, target });
        // Well into the wait, so that one that began anew would be seen to be too long.
        await delay(900);
        const output = join(scratch.path, `image of ${row.name}`);
        expect(await freeze({ pid: target.pid, output, mark: target.name }), `in ${row.name}`).toMatchObject({
          status: 0,
          stderr: '',
        });
        expect(target.lines, `${row.name} was over before it was frozen`).toEqual([]);
      });
      for (const { name, target } of waiting) {
        await target.ended();
        expect(target.lines, `in ${name}`).toEqual(['ok 0']);
        await target.gone();
      }
    } finally {
      for (const { target } of waiting) await target[Symbol.asyncDispose]();
    }
    await scratch.cleanup();
  });
});

describe('an image', () => {
  it.each([0o000, 0o022, 0o077, 0o777])('is its owner’s alone with umask %o', async (umask) => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await chmod(scratch.path, 0o777);
    await using target = await Subject.start({ flavour: FLAVOURS[0]!, kind: 'read', dir: scratch.path });
    const output = join(scratch.path, 'image');
    const under = ['sh', '-c', `umask ${umask.toString(8)}; exec "$@"`, 'sh'];
    expect(await freeze({ pid: target.pid, output, under, mark: target.name })).toMatchObject({ status: 0 });
    const { stdout } = await run('stat', ['-c', '%a', output]);
    expect(stdout).toBe('700\n');
    await scratch.cleanup();
  });

  it('can be replaced while it runs', async () => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour: FLAVOURS[0]!, kind: 'read', dir: scratch.path });
    const output = join(scratch.path, 'image');
    expect(await freeze({ pid: target.pid, output, mark: target.name })).toMatchObject({ status: 0 });
    await using running = await Subject.continue(output, target, { dir: scratch.path });
    await running.poke('read');
    expect(await freeze({ pid: target.pid, output, mark: target.name })).toMatchObject({ status: 0, stderr: '' });
    await running.poke('read');
    await using second = await Subject.continue(output, target, { dir: scratch.path });
    await second.poke('read');
    for (const each of [running, second, target]) expect(await each.finish()).toBe('ok 0');
    await scratch.cleanup();
  });
});
