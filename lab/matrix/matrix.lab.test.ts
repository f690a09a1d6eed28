import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { remainsOf } from '../container/remains.ts';
import type { RunRecord } from '../report/record.ts';
import { count, random, SEED } from '../robustness/random.ts';
import { endedBy, LAB } from '../sweep/ended-by.ts';
import { findKernel } from '../vm/kernels.ts';

const run = promisify(execFile);
const PAIR = ['matrix', '--freeze-on', '6.12', '--restore-on', '5.10,6.5-i386', '--targets', 'tls/i386/pie', '--json'];
/** What another machine has to have for it: a loopback interface, unix_diag where it freezes, a pid namespace. And what it cannot have. */
const HELD = {
  'unix-pair/x86-64/static': 'same',
  'inet-sockets/i386/pie': 'same',
  'kept-tids/x86-64/pie': 'same',
  'threads-joining/i386/pie': 'same',
  'file-offset/x86-64/static': 'unsupported: cannot open',
  'eventfd/i386/static': 'unsupported: whether it is a semaphore',
};
/** Memory that the process itself may not read, its code among it: proc_mem.force_override=ptrace. And its modules are in another package. */
const CLOSED = {
  'prot-variety/x86-64/static-pie': 'same',
  'prot-none-contents/i386/pie': 'same',
  'unix-pair/i386/static': 'same',
};
/** Loaded machines: two guests boot one after the other, without hardware's help. */
const LIMIT_MS = 540_000;

/** So often the matrix is interrupted, and so often killed: ELFREEZE_LAB_KILLS. */
const TIMES = count('ELFREEZE_LAB_KILLS', 1);
/** What the kernel has been told to end takes a moment. */
const GONE = { timeout: 60_000, interval: 50 };
/** By then it is in its last guest, on an idle machine. */
const LATEST_MS = 20_000;

const moments = (name: string) => {
  const next = random(name);
  return Array.from({ length: TIMES }, (_, index) => ({ number: index + 1, at: next() }));
};

const lacking = (
  await Promise.all(
    ['5.10', '6.12', '7.3', '6.5-i386'].map((name) =>
      findKernel(name).catch((error: Error) => ({ name, gone: error.message })),
    ),
  )
).flatMap((kernel) => ('gone' in kernel ? [`Linux ${kernel.name}: ${kernel.gone}`] : []));

describe(`the matrix (ELFREEZE_SEED=${SEED})`, () => {
  beforeEach(({ skip }) => {
    if (lacking.length > 0) skip(lacking.join('; '));
  });

  it(
    'continues a process of one kernel on an older one, and on one of 32 bits, so often',
    async () => {
      const { stdout } = await run(process.execPath, [LAB, ...PAIR, '--times', '2'], { maxBuffer: 1 << 28 });
      const { cells } = JSON.parse(stdout) as RunRecord;
      const seen = cells.map(({ places, verdict }) => `${places.restore.name}: ${verdict.outcome}`);
      expect(seen.sort()).toEqual(['Linux 5.10', 'Linux 6.5-i386'].flatMap((name) => Array(2).fill(`${name}: same`)));
    },
    LIMIT_MS,
  );

  it.each([
    [
      'continues what the kernel holds for a process of the oldest one, frozen by one elfreeze',
      '5.10',
      ['--warm'],
      HELD,
    ],
    ['reads what only the tracer of a process may, on the newest one', '7.3', [], CLOSED],
  ] as const)(
    '%s',
    async (_, freezeOn, how, expected) => {
      const targets = Object.keys(expected).join();
      const kernels = ['--freeze-on', freezeOn, '--restore-on', '6.12'];
      const words = [...kernels, ...how, '--portable', '--targets', targets, '--json'];
      const { stdout } = await run(process.execPath, [LAB, 'matrix', ...words], { maxBuffer: 1 << 28 });
      const { cells } = JSON.parse(stdout) as RunRecord;
      const told = ({ verdict }: (typeof cells)[number]) =>
        verdict.outcome === 'unsupported' ? `unsupported: ${verdict.feature}` : verdict.outcome;
      expect(Object.fromEntries(cells.map((cell) => [cell.name, told(cell)]))).toEqual(expected);
    },
    LIMIT_MS,
  );

  it.each(moments('interrupt'))(
    'leaves nothing behind when it is ended by Ctrl-C ($number: at $at)',
    async ({ at }) => {
      const { pid, status } = await endedBy('SIGINT', PAIR, at * LATEST_MS);
      // A lab that had not yet come to listen is ended by the signal itself.
      expect([130, null]).toContain(status);
      await expect.poll(() => remainsOf(pid), GONE).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each(moments('kill'))(
    'leaves nothing that a sweep does not remove when it is killed ($number: at $at)',
    async ({ at }) => {
      const { pid } = await endedBy('SIGKILL', PAIR, at * LATEST_MS);
      await run(process.execPath, [LAB, 'sweep']);
      await expect.poll(() => remainsOf(pid), GONE).toEqual([]);
    },
    LIMIT_MS,
  );
});
