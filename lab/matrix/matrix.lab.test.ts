import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../root.ts';
import type { RunRecord } from '../report/record.ts';
import { findKernel } from '../vm/kernels.ts';

const run = promisify(execFile);
const LAB = join(ROOT, 'bin/elfreeze-lab');
const PAIR = ['matrix', '--freeze-on', '6.12', '--restore-on', '5.10,6.5-i386', '--targets', 'tls/i386/pie', '--json'];
/** Loaded machines: two guests boot one after the other, without hardware's help. */
const LIMIT_MS = 540_000;

const lacking = (
  await Promise.all(
    ['5.10', '6.12', '6.5-i386'].map((name) =>
      findKernel(name).catch((error: Error) => ({ name, gone: error.message })),
    ),
  )
).flatMap((kernel) => ('gone' in kernel ? [`Linux ${kernel.name}: ${kernel.gone}`] : []));

describe('the matrix', () => {
  beforeEach(({ skip }) => {
    if (lacking.length > 0) skip(lacking.join('; '));
  });

  it(
    'continues a process of one kernel on an older one, and on one of 32 bits',
    async () => {
      const { stdout } = await run(process.execPath, [LAB, ...PAIR], { maxBuffer: 1 << 28 });
      const { cells } = JSON.parse(stdout) as RunRecord;
      const seen = Object.fromEntries(cells.map(({ places, verdict }) => [places.restore.name, verdict.outcome]));
      expect(seen).toEqual({ 'Linux 5.10': 'same', 'Linux 6.5-i386': 'same' });
    },
    LIMIT_MS,
  );

  it(
    'leaves no guest and no directory when it is killed',
    async () => {
      const lab = spawn(process.execPath, [LAB, ...PAIR], { stdio: 'ignore' });
      const ended = new Promise((resolve) => lab.once('exit', resolve));
      const guest = await firstGuest(lab.pid!);
      lab.kill('SIGKILL');
      await ended;
      while (isGuest(guest)) await delay(10);
      const mine = readdirSync(tmpdir()).filter((name) => name.includes(`.${lab.pid}.`));
      expect(mine).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** The test's time limit is the limit of these waits. */
async function firstGuest(lab: number): Promise<number> {
  for (;;) {
    const path = `/proc/${lab}/task/${lab}/children`;
    const children = existsSync(path) ? readFileSync(path, 'latin1').trim().split(' ').filter(Boolean).map(Number) : [];
    const guest = children.find(isGuest);
    if (guest !== undefined) return guest;
    await delay(10);
  }
}

function isGuest(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('qemu-system');
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}
