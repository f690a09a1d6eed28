import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Compiler } from '../compile.ts';
import { unlessItRuns } from '../i386.ts';
import type { VerdictRecord } from '../report/record.ts';
import { device } from '../vm/devices.ts';
import { findKernel, type Kernel } from '../vm/kernels.ts';
import type { Unusual } from '../vm/open.ts';
import { matrixCells } from './cells.ts';
import { lackingFeatures } from './portable.ts';
import { runMatrix } from './run.ts';
import { type Guest, HOST, openGuest, openHost } from './site.ts';

const compiler = await Compiler.find();
const { signal: interrupted } = new AbortController();
const kernel = await findKernel('5.10').catch((error: Error) => ({ name: '5.10', gone: error.message }));
const LIMIT_MS = 540_000;

interface Trouble extends Unusual {
  /** Done to each guest that boots. @param number from 0 on */
  readonly befall?: (guest: Guest, number: number) => void;
}

/** Cells frozen on this host, and continued in guests of which something is wrong. @returns verdicts by name, and all guests' pids */
async function continued(targets: readonly string[], portable: boolean, { befall, ...unusual }: Trouble) {
  const cells = await matrixCells({ targets, moments: 1, seed: '1', ...(portable && { portable }) });
  const verdicts: Record<string, VerdictRecord> = {};
  const pids: number[] = [];
  const plan = { cells, freezeOn: [HOST], restoreOn: [kernel as Kernel], jobs: 1 };
  await runMatrix(plan, {
    openWorkshop: () => openHost(compiler, interrupted),
    openBare: async (on) => {
      const guest = await openGuest(on, 'bare', compiler, interrupted, { accelerator: 'tcg', ...unusual });
      befall?.(guest, pids.push(guest.vm.pid) - 1);
      return guest;
    },
    interrupted,
    told: ({ of, verdict }) => (verdicts[of.name] = verdict as VerdictRecord),
    say: () => undefined,
  });
  return { verdicts, pids };
}

const TWO = ['tls/i386/pie', 'brk-unaligned/i386/static'];
const CHATTY = device([], ['loglevel=7']);

describe('what is wrong with a guest says nothing of the tool:', () => {
  beforeEach(unlessItRuns('i386'));
  beforeEach(({ skip }) => {
    if ('gone' in kernel) skip(`Linux 5.10: ${kernel.gone}`);
  });

  it(
    'a panic is told with the end of the console, and the next cell has a new guest',
    async () => {
      const panic = ({ vm }: Guest, number: number) => {
        if (number === 0) vm.put('/proc/sysrq-trigger', Buffer.from('c'), 0o600).catch(() => undefined);
      };
      const { verdicts, pids } = await continued(TWO, true, { befall: panic });
      expect(verdicts[TWO[0]!]).toEqual({
        outcome: 'infra',
        cause: 'the guest ended by itself',
        console: expect.stringMatching(/Kernel panic - not syncing: sysrq triggered crash/) as string,
      });
      expect(verdicts[TWO[1]!]).toEqual({ outcome: 'same' });
      expect(pids.map((pid) => existsSync(`/proc/${pid}`))).toEqual([false, false]);
    },
    LIMIT_MS,
  );

  it(
    'a guest that hangs is ended, and the next cell has a new one',
    async () => {
      const hang = ({ vm }: Guest, number: number) => {
        if (number === 0) process.kill(vm.pid, 'SIGSTOP');
      };
      const limits = { answer: 20_000 };
      const { verdicts, pids } = await continued(TWO, true, { befall: hang, limits, devices: [CHATTY] });
      expect(verdicts[TWO[0]!]).toEqual({
        outcome: 'infra',
        cause: expect.stringMatching(/^no answer: /) as string,
        console: expect.stringContaining('Run /init as init process') as string,
      });
      expect(verdicts[TWO[1]!]).toEqual({ outcome: 'same' });
      expect(pids.map((pid) => existsSync(`/proc/${pid}`))).toEqual([false, false]);
    },
    LIMIT_MS,
  );

  it(
    'one without a first process does not boot, and is not tried again',
    async () => {
      const { verdicts } = await continued(TWO, true, { devices: [device([], ['rdinit=/nowhere'])] });
      const failed = {
        outcome: 'infra',
        cause: 'the guest ended by itself',
        console: expect.stringContaining('Kernel panic - not syncing: VFS: Unable to mount root fs') as string,
      };
      expect(verdicts).toEqual({ [TWO[0]!]: failed, [TWO[1]!]: failed });
    },
    LIMIT_MS,
  );

  it(
    'one that never begins is given up in time',
    async () => {
      // Its processor stands still.
      const stopped = { devices: [device(['-S'])], limits: { boot: 5000 } };
      const { verdicts } = await continued(TWO.slice(0, 1), true, stopped);
      expect(verdicts[TWO[0]!]).toMatchObject({ outcome: 'infra', cause: 'the guest did not boot' });
    },
    LIMIT_MS,
  );
});

describe('an image of a process that may use AVX-512', () => {
  beforeEach(unlessItRuns('i386'));
  beforeEach(async ({ skip }) => {
    if ('gone' in kernel) skip(`Linux 5.10: ${kernel.gone}`);
    await using host = await openHost(compiler, interrupted);
    if (!lackingFeatures(host.features, new Set()).includes('avx512f')) skip('no AVX-512 here');
  });

  it(
    'is refused where there is none',
    async () => {
      const targets = ['avx512-state/x86-64/static', 'avx512-state/i386/static'];
      const { verdicts } = await continued(targets, false, {});
      const refused = {
        outcome: 'unsupported',
        feature: 'the CPU features that its C library may have chosen code by',
      };
      expect(verdicts).toEqual({ [targets[0]!]: refused, [targets[1]!]: refused });
    },
    LIMIT_MS,
  );

  it(
    'goes on there if the process was started to do without',
    async () => {
      const targets = ['malloc-heavy/x86-64/pie', 'fpu-sse-avx-state/x86-64/static', 'malloc-heavy/i386/static'];
      const { verdicts } = await continued(targets, true, {});
      expect(verdicts).toEqual(Object.fromEntries(targets.map((name) => [name, { outcome: 'same' }])));
    },
    LIMIT_MS,
  );
});
