// QEMU with a guest in it: hundreds of mappings, code made as it goes, threads, eventfds, and another kernel's whole world.
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { expect, it } from 'vitest';
import { Host } from '../places/host.ts';
import { CPU, memory } from '../vm/devices.ts';
import { findKernel } from '../vm/kernels.ts';

const LIMIT_MS = 240_000;

const kernel = await findKernel('6.1').catch((error: Error) => ({ gone: error.message }));

const BEGIN = 'Linux version 6.1';
const END = 'Kernel panic - not syncing: VFS: Unable to mount root fs';
const FREEZES = 3;

it(
  `a guest of QEMU that is frozen up to ${FREEZES} times while it boots never notices`,
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
      ...[...CPU.tcg.args, ...memory(256).args, '-M', 'pc', '-nodefaults'],
      ...['-display', 'none', '-no-reboot', '-serial', 'stdio', '-kernel', kernel.path],
      ...['-append', 'console=ttyS0 earlyprintk=ttyS0 panic=-1 no_timer_check'],
    ];
    let running = await start('qemu', '/usr/bin/qemu-system-x86_64', args);
    let output = '';
    let freezes = 0;
    try {
      // It boots on while elfreeze starts: on a loaded machine it may be through before it is frozen for the last time.
      for (let text = BEGIN; freezes < FREEZES; text = '\n') {
        try {
          await running.until({ kind: 'said', text });
        } catch (error) {
          if (!(await running.hasEnded())) throw error;
          break;
        }
        const image = join(dir, `image${freezes}`);
        const called = await hands.elfreeze(['freeze', String(running.pid), '-o', image, '--kill']);
        if (called.status !== 0 && (await running.hasEnded())) break;
        expect(called).toMatchObject({ status: 0 });
        output += (await running.finish()).output;
        await running[Symbol.asyncDispose]();
        running = await start(String(freezes), image, []);
        freezes += 1;
      }
      expect(freezes).toBeGreaterThan(0);
      const { end, output: rest } = await running.finish();
      output += rest;
      expect([BEGIN, END].filter((text) => output.split(text).length !== 2)).toEqual([]);
      expect(output).not.toMatch(/BUG:|WARNING:|Oops/);
      expect(end).toBe('exit 0');
    } finally {
      await running[Symbol.asyncDispose]();
      await cleanup();
    }
  },
  LIMIT_MS,
);
