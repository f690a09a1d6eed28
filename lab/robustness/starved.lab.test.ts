// A process that could run, and is given no processor, is waited for: it is not one that does not stop.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { dir as temporaryDirectory } from 'tmp-promise';
import { expect, it } from 'vitest';
import { ELFREEZE } from '../root.ts';

const run = promisify(execFile);

/** A program that waits, and then gets a 177,000th of a processor; what takes the rest. In a session of their own, as the scheduler shares out by sessions first. */
const SCRIPT = `
ulimit -t 300
sleep 1000 < /dev/null > /dev/null 2>&1 & echo $!
chrt -i -p 0 $! && taskset -cp 0 $! > /dev/null
for n in 1 2 3 4 5 6; do nice -n -20 taskset -c 0 sh -c 'while :; do :; done' > /dev/null 2>&1 & echo $!; done`;

/** elfreeze naps ten thousand times before it says that a process is busy. */
const NAPS = 12_000;
const LIMIT_MS = 240_000;

const napsOf = (pid: number): number =>
  Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);

it(
  'a process that gets no processor is frozen once it has one',
  async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('not root: priorities are not raised');
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const { stdout } = await run('setsid', ['--wait', 'sh', '-c', SCRIPT]);
    const [target = 0, ...hogs] = stdout.trim().split('\n').map(Number);
    const end = (pids: number[]) => pids.splice(0).forEach((pid) => process.kill(pid, 'SIGKILL'));
    try {
      const args = [ELFREEZE, 'freeze', String(target), '-o', join(scratch.path, 'image')];
      const elfreeze = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
      const ended = once(elfreeze, 'close') as Promise<[number | null]>;
      let said = '';
      elfreeze.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      while (elfreeze.exitCode === null && napsOf(elfreeze.pid!) < NAPS) await delay(20);
      end(hogs);
      const [status] = await ended;
      expect({ status, said }).toEqual({ status: 0, said: '' });
    } finally {
      end([target, ...hogs]);
      await scratch.cleanup();
    }
  },
  LIMIT_MS,
);
