import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { openEngine } from '../container/engine.ts';
import { DIRECTORY } from '../directory.ts';
import { formatOwner, SELF } from '../owner.ts';
import { count, random, SEED } from '../robustness/random.ts';
import { remainsOf, strangersIn } from '../container/remains.ts';
import { endedBy, LAB } from './ended-by.ts';

/** So often the lab is interrupted, and so often killed: ELFREEZE_LAB_KILLS. */
const TIMES = count('ELFREEZE_LAB_KILLS', 2);
/** By then a lab that nobody disturbs, on an idle machine, is through with its cells. */
const LATEST_MS = 6000;
const CELLS = ['brk-unaligned/x86-64/pie', 'deep-counter/x86-64/pie', 'big-heap/x86-64/static', 'tls/x86-64/pie'];
const WORK = ['run', ...CELLS, '--times', '5'];
const hasEngine = process.env['ELFREEZE_LAB_PLACE'] !== 'host';

// Held, so that what is left in a private engine can be seen after the lab under test has let go of it.
const engine = hasEngine ? await openEngine() : undefined;
afterAll(async () => engine?.[Symbol.asyncDispose]());

const sweep = async (): Promise<string> => (await promisify(execFile)(process.execPath, [LAB, 'sweep'])).stdout;

describe.skipIf(!hasEngine)(
  `a lab that is ended at a random moment (ELFREEZE_SEED=${SEED}; skipped: no engine)`,
  () => {
    const { docker } = engine ?? {};
    const moments = (name: string) => {
      const next = random(name);
      return Array.from({ length: TIMES }, (_, index) => ({ number: index + 1, at: next() }));
    };

    it.each(moments('interrupt'))('by Ctrl-C leaves nothing behind ($number: at $at)', async ({ at }) => {
      const before = await strangersIn(docker!);
      const { pid, status } = await endedBy('SIGINT', WORK, at * LATEST_MS);
      // A lab that had not yet come to listen is ended by the signal itself.
      expect([130, null]).toContain(status);
      expect(await remainsOf(pid, docker)).toEqual([]);
      expect(await strangersIn(docker!)).toEqual(before);
    });

    it.each(moments('kill'))(
      'by SIGKILL leaves nothing that a sweep does not remove ($number: at $at)',
      async ({ at }) => {
        const before = await strangersIn(docker!);
        const { pid } = await endedBy('SIGKILL', WORK, at * LATEST_MS);
        await sweep();
        expect(await remainsOf(pid, docker)).toEqual([]);
        expect(await strangersIn(docker!)).toEqual(before);
      },
    );

    it('loses nothing to a sweep while it is alive', async () => {
      const options = { env: { ...process.env, NO_COLOR: '1' } };
      const running = promisify(execFile)(process.execPath, [LAB, 'run', CELLS[0]!, CELLS[1]!], options);
      const pid = running.child.pid!;
      while ((await remainsOf(pid, docker)).filter((each) => each.startsWith('container')).length === 0)
        await delay(50);
      await sweep();
      // Exit status 0: every cell was as it should be.
      expect((await running).stdout).toContain('\nall ');
    });

    it('is not there at all: nothing is left to sweep twice', async () => {
      await sweep();
      expect(await sweep()).toMatch(/^nothing was left behind\n(left alone: .*\n)?$/);
    });

    it('on another machine or before the last boot is told of, and left alone', async () => {
      const path = join(tmpdir(), `${DIRECTORY}${formatOwner({ ...SELF, machine: '00000000' })}`);
      await mkdir(path);
      try {
        expect(await sweep()).toMatch(/^left alone: .* \(\d+\); --all removes it too$/m);
        expect(existsSync(path)).toBe(true);
      } finally {
        await rmdir(path);
      }
    });
  },
);
