// A target in a pid namespace of its own, elfreeze outside: pid 1 there, which gets all orphans, sees nothing of a freeze and keeps nothing.
// One in a mount namespace of its own: what its image will not find outside is said when it is frozen.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { lacksPidNamespaces } from '../agent/namespaces.ts';
import { unlessItRuns } from '../i386.ts';
import { call } from '../tools/images.ts';
import { freeze, type Moment } from './freeze.ts';
import { FLAVOURS } from './programs.ts';
import { count, random, rerun, SEED } from './random.ts';
import { Subject } from './subject.ts';

const FREEZES = 3;
/** Kills of elfreeze, for each flavour and namespace. */
const KILLS = count('ELFREEZE_KILLS', 36);
const EACH = Math.ceil(KILLS / 8);
const lack = await lacksPidNamespaces();

/** Of pid 1, which is its parent too: the end of the target is all that it ever hears of. */
const ONLY_ITS_END = [expect.stringMatching(/^signal 17 /), 'event exited 0'];

const CASES = FLAVOURS.flatMap((flavour) =>
  (['pid', 'user'] as const).map((apart) => ({ flavour, apart, ...flavour })),
);

describe.skipIf(lack !== undefined)(`in namespaces${lack === undefined ? '' : ` (skipped: ${lack})`}`, () => {
  describe.each(CASES)('$arch $linkage, apart: $apart', ({ flavour, apart }) => {
    beforeEach(unlessItRuns(flavour.arch));

    it(`is frozen ${FREEZES} times, and no other process notices`, async () => {
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      await using target = await Subject.start({ flavour, kind: 'poll', dir: scratch.path, apart });
      for (let n = 0; n < FREEZES; n++) {
        const output = join(scratch.path, `image-${n}`);
        const frozen = await freeze({ pid: target.pid, output, mark: target.name });
        expect(frozen).toMatchObject({ status: 0, stderr: '' });
        await target.settled();
        await target.poke('poll');
        expect(target.events).toEqual([]);
      }
      expect(await target.finish()).toBe('ok 0');
      expect(target.events).toEqual(ONLY_ITS_END);
      await using continued = await Subject.continue(join(scratch.path, 'image-0'), target, { dir: scratch.path });
      await continued.poke('poll');
      expect(await continued.finish()).toBe('ok 0');
      await target.gone();
      await scratch.cleanup();
    });

    const title = 'runs on when elfreeze is killed, and no other process notices';
    it(`${title} (seed ${SEED})`, { timeout: 60_000 + EACH * 10_000 }, async () => {
      const hint = rerun('namespaces', title, { ELFREEZE_KILLS: KILLS });
      const next = random(`namespaces ${JSON.stringify(flavour)} ${apart}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      await using target = await Subject.start({ flavour, kind: 'pause', dir: scratch.path, apart });
      const undisturbed = await freeze({ pid: target.pid, output: join(scratch.path, 'image'), mark: target.name });
      expect(undisturbed).toMatchObject({ status: 0, stderr: '' });
      for (let n = 0; n < EACH; n++) {
        const folder = join(scratch.path, `output-${n}`);
        await mkdir(folder);
        const output = join(folder, 'image');
        const us = Math.round(((n + next()) / EACH) * undisturbed.traced);
        const moment: Moment = { when: 'traced', us, actions: ['kill'] };
        const frozen = await freeze({ pid: target.pid, output, mark: target.name, moment });
        const seen = `${JSON.stringify({ moment, frozen })} ${hint}`;
        expect(frozen.acted ? ['signal 9', 0] : [0], `at ${seen}`).toContain(frozen.status);
        await target.settled();
        await target.poke('pause');
        expect(target.events, `at ${seen}`).toEqual([]);
        if (frozen.status === 0) expect(existsSync(output), `at ${seen}`).toBe(true);
      }
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
      await target.gone();
      expect(target.events, `rerun: ${hint}`).toEqual(ONLY_ITS_END);
      await scratch.cleanup();
    });
  });
});

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('in a mount namespace (skipped: only root mounts)', () => {
  describe.each(FLAVOURS)('$arch $linkage', (flavour) => {
    beforeEach(unlessItRuns(flavour.arch));

    it('what its image will not find outside is said, and nothing inside', async () => {
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      const cwd = join(scratch.path, 'own');
      await mkdir(cwd);
      await using target = await Subject.start({
        flavour,
        kind: 'poll',
        dir: scratch.path,
        cwd,
        leaking: true,
        apart: 'mount',
      });
      const output = join(scratch.path, 'image');
      const request = { pid: target.pid, output, mark: target.name, args: ['--outside=drop'] };
      const there = ['nsenter', '--mount', '--target', String(target.pid)];
      const rehearsal = async (under: readonly string[]) =>
        (await call('/usr/bin/env', ['ELFREEZE_CHECK=beside', ...under, output])).status;

      const outside = await freeze(request);
      const files = `${cwd}, ${cwd}/leaked: run the image where they do`;
      expect(outside).toMatchObject({ status: 0 });
      expect(outside.stderr).toContain(
        `elfreeze: warning: process ${target.pid} has a mount namespace of its own, and in this one these paths do not lead to the files that its image will need: ${files} `,
      );
      expect([await rehearsal([]), await rehearsal(there)]).toEqual([126, 0]);

      const killing = await freeze({ ...request, args: [...request.args, '--kill'] });
      expect(killing.stderr).toContain('[REHEARSAL_FAILED]');
      await target.settled();
      await target.poke('poll');

      const inside = await freeze({ ...request, under: there });
      expect(inside).toMatchObject({ status: 0, stderr: '' });
      expect(await rehearsal(there)).toBe(0);
      expect(await target.finish()).toBe('ok 0');
      await target.gone();
      await scratch.cleanup();
    });
  });
});
