import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';

const MODULE = join(import.meta.dirname, 'child.mjs');
/** Waits together with another process. */
const WORKER = `
  require('node:child_process').spawn('sleep', ['1000'], { stdio: ['ignore', 'inherit', 'ignore'] });
  console.log('started');
  setInterval(() => undefined, 1000);`;
const RUNNER = `
  const { exitOf } = await import(${JSON.stringify(MODULE)});
  process.on('SIGTERM', () => undefined);
  console.log('ended:', await exitOf(['-e', ${JSON.stringify(WORKER)}], process.env));`;

it('a signal to the runner alone ends all that it started, and is waited for', async () => {
  const runner = spawn(process.execPath, ['--input-type=module', '-e', RUNNER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(runner.stdout)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('started');
  const ended = once(runner, 'exit');
  runner.kill('SIGTERM');
  expect((await lines.next()).value).toBe('ended: null');
  expect(await ended).toEqual([0, null]);
  // All of them held the other end of the pipe: it is closed once they are gone.
  expect((await lines.next()).done).toBe(true);
});
