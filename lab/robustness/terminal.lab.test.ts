// A program has the settings of its terminal: an image sets the caller's so, from the foreground, and else leaves it alone.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { ELFREEZE } from '../root.ts';
import { OnTerminal } from './on-terminal.ts';
import { FLAVOURS, target } from './programs.ts';

const run = promisify(execFile);

async function freezeOnTerminal(program: string, cwd: string): Promise<void> {
  await using terminal = new OnTerminal([program], cwd);
  const [, pid = ''] = await terminal.sees(/ready (\d+)/);
  await run(ELFREEZE, ['freeze', pid, '-o', 'image', '--kill'], { cwd });
}

describe.each(FLAVOURS)('a program on a terminal, $arch $linkage', (flavour) => {
  beforeEach(unlessItRuns(flavour.arch));
  it('has its settings again in the foreground, and sets nothing from the background', async () => {
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await freezeOnTerminal(await target('terminal', flavour), scratch.path);
    const image = join(scratch.path, 'image');
    {
      await using terminal = new OnTerminal([image], scratch.path);
      terminal.type('x\n');
      expect((await terminal.sees(/ok|differs:.*|elfreeze:.*/))[0]).toBe('ok');
    }
    const stopped = 'while ! grep -q "^State:.T" /proc/$!/status; do :; done';
    const background = `stty -g; ELFREEZE_STOP=1 "$0" & ${stopped}; stty -g; kill -KILL $!; wait; echo over`;
    await using terminal = new OnTerminal(['bash', '-mc', background, image], scratch.path);
    const [shown] = await terminal.sees(/^[^]*over/);
    const settings = shown.match(/^[0-9a-f]+(:[0-9a-f]+)+/gm) ?? [];
    expect(settings).toHaveLength(2);
    expect(settings[0]).toBe(settings[1]);
    await scratch.cleanup();
  });
});
