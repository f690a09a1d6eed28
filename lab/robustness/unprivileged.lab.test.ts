// An unprivileged user freezes a process of his own, and runs the image.
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze } from './freeze.ts';
import { FLAVOURS } from './programs.ts';
import { Subject } from './subject.ts';

const NOBODY = 65534;

describe.runIf(process.getuid?.() === 0).each(FLAVOURS)('$arch $linkage', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));
  it.each(['steady', 'poll', 'altstack'] as const)(
    'a user freezes his own process in %s and runs the image',
    async (kind) => {
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      chmodSync(scratch.path, 0o777);
      await using target = await Subject.start({ flavour, kind, dir: scratch.path, uid: NOBODY });
      const under = [
        'setpriv',
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        '--clear-groups',
        'env',
        `HOME=${scratch.path}`,
      ];
      for (const args of [[], ['--lazy'], ['--kill']]) {
        const output = join(scratch.path, `image${args.join('')}`);
        const frozen = await freeze({ pid: target.pid, output, args, under, mark: target.name });
        expect(frozen).toMatchObject({ status: 0, stderr: '' });
        const { uid, mode } = statSync(output);
        expect({ uid, mode: mode & 0o7777 }).toEqual({ uid: NOBODY, mode: 0o700 });
        if (args[0] === '--kill') await target.ended();
        else await target.settled();
        await using continued = await Subject.continue(output, target, { dir: scratch.path, uid: NOBODY });
        await continued.poke(kind);
        expect(await continued.finish()).toMatch(/^ok /);
      }
      expect(target.events.at(-1)).toBe('event killed 9');
      await target.gone();
      await scratch.cleanup();
    },
  );
});
