// 200 threads that start, end and contend never notice that they were frozen, and their images go on to the right end.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze } from './freeze.ts';
import type { Flavour } from './programs.ts';
import { count, random, rerun, SEED } from './random.ts';
import { Subject } from './subject.ts';

/** Freezes in a row of one target, and how many of the images are run: spread over them. */
const FREEZES = count('ELFREEZE_STRESS', 2);
const IMAGES = count('ELFREEZE_STRESS_IMAGES', 1);
const HINT = (title: string) => rerun('stress', title, { ELFREEZE_STRESS: FREEZES, ELFREEZE_STRESS_IMAGES: IMAGES });
/** Between two freezes it works on for at most so long. */
const MOST_MS = 100;

const isSampled = (n: number): boolean => Math.floor(((n + 1) * IMAGES) / FREEZES) > Math.floor((n * IMAGES) / FREEZES);

describe.each(['x86-64', 'i386'] as const)('%s', (arch) => {
  beforeEach(unlessItRuns(arch));
  it(
    `200 threads at work are frozen at random moments, and continued (seed ${SEED})`,
    { timeout: 60_000 + FREEZES * 30_000 },
    async () => {
      const hint = HINT(`${arch} 200 threads`);
      const next = random(`stress ${arch}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      const flavour: Flavour = { arch, linkage: next() < 0.5 ? 'static' : 'pie' };
      await using target = await Subject.start({ flavour, kind: 'all', dir: scratch.path, program: 'stress' });
      for (let n = 0; n < FREEZES; n++) {
        await delay(next() * MOST_MS);
        const output = join(scratch.path, 'image');
        const frozen = await freeze({ pid: target.pid, output, mark: target.name });
        expect(frozen, `freeze ${n}, rerun: ${hint}`).toMatchObject({ status: 0, stderr: '' });
        if (!isSampled(n)) continue;
        await using continued = await Subject.continue(output, target, { dir: scratch.path });
        await continued.poke('pause');
        expect(await continued.finish(), `image ${n}, rerun: ${hint}`).toBe('ok');
      }
      await target.settled();
      await target.poke('pause');
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok');
      expect(target.events.at(-1), `rerun: ${hint}`).toBe('event exited 0');
      await target.gone();
      await scratch.cleanup();
    },
  );
});
