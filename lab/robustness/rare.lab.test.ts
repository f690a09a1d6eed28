// What this machine may lack, in a guest that has it: held by a target there, it is refused there.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Compiler } from '../compile.ts';
import { openGuest, type Guest } from '../matrix/site.ts';
import { device } from '../vm/devices.ts';
import { findKernel } from '../vm/kernels.ts';
import { GuestProgram } from '../vm/guest-program.ts';
import { IN_GUEST } from '../vm/guest-system.ts';
import { FLAVOURS, target } from './programs.ts';
import { refusalOf } from './refusal.ts';

const LIMIT_MS = 240_000;

/** What holds.c calls it, and what the message says. */
const HELD = [
  ['timer-alarm', /POSIX timer 0 .*CLOCK_BOOTTIME_ALARM/],
  ['device-memory', /mapping \S+ \S*resource\d → device memory/],
  ['high-memory', /memory above 2\^47/],
  ['extensible', /scheduling policy SCHED_EXT/],
] as const;

/** Five-level paging, which guests do without otherwise. */
const FIVE_LEVELS = device(['-cpu', 'max,la57=on,cx16=off']);
const KERNEL = '7.3';

const kernel = await findKernel(KERNEL).catch((error: Error) => ({ gone: error.message }));

describe(`in a guest with Linux ${KERNEL}, a clock that wakes it up, and five-level paging`, () => {
  let guest: Guest | undefined;
  beforeAll(async () => {
    if ('gone' in kernel) return;
    const compiler = await Compiler.find();
    const { signal } = new AbortController();
    guest = await openGuest(kernel, 'node', compiler, signal, { accelerator: 'tcg', devices: [FIVE_LEVELS] });
    await guest.vm.put('/tmp/holds', await readFile(await target('holds', FLAVOURS[0]!)), 0o755);
    await guest.vm.makeFolder('/tmp/output');
  }, LIMIT_MS);
  afterAll(() => guest?.[Symbol.asyncDispose]());
  beforeEach(({ skip }) => {
    if ('gone' in kernel) skip(`Linux ${KERNEL}: ${kernel.gone}`);
  });

  it.each(HELD)(
    '%s is refused as UNSUPPORTED',
    async (what, says) => {
      const { vm, hands } = guest!;
      const started = await vm.start({ words: ['/tmp/holds', what, 'held'], cwd: '/tmp', env: {} }, '');
      const held = new GuestProgram(vm, started, IN_GUEST.below);
      await held.until({ kind: 'said', text: 'ready\n' });
      const called = await hands.elfreeze(['freeze', String(held.pid), '-o', '/tmp/output/image']);
      expect(refusalOf(called, 'UNSUPPORTED')).toMatch(says);
      expect(await vm.list('/tmp/output')).toEqual([]);
      await held.signal('SIGUSR1');
      await held.until({ kind: 'said', text: 'line 0\n' });
      await held.signal('SIGUSR2');
      expect(await held.finish()).toEqual({ end: 'exit 0', output: expect.stringMatching(/\nok\n$/) as string });
    },
    LIMIT_MS,
  );
});
