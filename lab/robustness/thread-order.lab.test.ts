// Threads stay in the order in which they were started, also where their ids began anew meanwhile.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { dir as temporaryDirectory } from 'tmp-promise';
import { expect, it } from 'vitest';
import { ELFREEZE } from '../root.ts';

const run = promisify(execFile);

const THREADS = `
import os, threading, time
os.closerange(3, 4096)
for n in range(4): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
open('ready', 'w').close()
time.sleep(1000)`;

/** As the first process of a pid namespace: the program gets the last id but one. */
const SCRIPT = `
set -e
echo $(($(cat /proc/sys/kernel/pid_max) - 3)) > /proc/sys/kernel/ns_last_pid
python3 -c "$2" < /dev/null > /dev/null 2>&1 &
until [ -e ready ]; do sleep 0.01; done
"$0" "$1" inspect $! --json > process.json
"$0" "$1" freeze $! -o image > frozen
"$0" "$1" inspect image --json > image.json
echo $!
cat process.json image.json`;

it('threads whose ids began anew are told, and frozen, as they were started', async ({ skip }) => {
  if (process.getuid?.() !== 0) return skip('not root: a pid namespace is not made');
  const scratch = await temporaryDirectory({ unsafeCleanup: true });
  const inNamespace = ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', SCRIPT];
  const { stdout } = await run('unshare', [...inNamespace, process.execPath, ELFREEZE, THREADS], { cwd: scratch.path });
  const [first, ...reports] = stdout.trim().split('\n');
  const pid = Number(first);
  const orders = reports.map((report) =>
    (JSON.parse(report) as { threads: { tid: number }[] }).threads.map(({ tid }) => tid),
  );
  const started = (tid: number): number => (tid < pid ? tid + pid : tid);
  const expected = [...(orders[0] ?? [])].sort((a, b) => started(a) - started(b));
  expect(expected.length).toBe(5);
  expect(Math.min(...expected)).toBeLessThan(pid);
  expect(orders).toEqual([expected, expected]);
  await scratch.cleanup();
});
