// QEMU with a guest in it: hundreds of mappings, code made as it goes, threads, eventfds, and another kernel's whole world.
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { expect, it } from 'vitest';
import { Host } from '../places/host.ts';
import { findKernel } from '../vm/kernels.ts';

const LIMIT_MS = 240_000;

const kernel = await findKernel('6.1').catch((error: Error) => ({ gone: error.message }));

/** What the guest's kernel says, in this order: each time it is frozen, and goes on as an image. */
const MOMENTS = ['Linux version 6.1', 'Calibrating delay loop', 'NET: Registered PF_INET protocol family'];
const END = 'Kernel panic - not syncing: VFS: Unable to mount root fs';

it(
  'a guest of QEMU that is frozen three times while it boots never notices',
  async ({ skip }) => {
    if ('gone' in kernel) return skip(`Linux 6.1: ${kernel.gone}`);
    const { path: dir, cleanup } = await temporaryDirectory({ unsafeCleanup: true });
    const host = await Host.open(new AbortController().signal);
    const hands = await host.hands();
    /** @param name of a folder of its own */
    const start = async (name: string, executable: string, words: readonly string[]) => {
      await hands.makeDirectory(join(dir, name));
      const role = words.length > 0 ? 'target' : 'image';
      return hands.start({ cwd: dir, env: {}, dir: join(dir, name), stdin: 'null', executable, args: words, role });
    };
    const args = [
      ...['-M', 'pc', '-nodefaults', '-cpu', 'max,la57=off,cx16=off', '-m', '256', '-accel', 'tcg,thread=single'],
      ...['-display', 'none', '-no-reboot', '-serial', 'stdio', '-kernel', kernel.path],
      ...['-append', 'console=ttyS0 earlyprintk=ttyS0 panic=-1 no_timer_check'],
    ];
    let running = await start('qemu', '/usr/bin/qemu-system-x86_64', args);
    let output = '';
    for (const [index, text] of MOMENTS.entries()) {
      await using frozen = running;
      await frozen.until({ kind: 'said', text });
      const image = join(dir, `image${index}`);
      expect(await hands.elfreeze(['freeze', String(frozen.pid), '-o', image, '--kill'])).toMatchObject({ status: 0 });
      output += (await frozen.finish()).output;
      running = await start(String(index), image, []);
    }
    await using last = running;
    const { end, output: rest } = await last.finish();
    output += rest;
    expect([...MOMENTS, END].filter((text) => output.split(text).length !== 2)).toEqual([]);
    expect(output).not.toMatch(/BUG:|WARNING:|Oops/);
    expect(end).toBe('exit 0');
    await cleanup();
  },
  LIMIT_MS,
);
