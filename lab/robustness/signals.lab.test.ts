// Signals that come while the target stands still: none is lost, none comes twice, and a stop stays a stop.
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { unlessItRuns } from '../i386.ts';
import { freeze, type Frozen } from './freeze.ts';
import { until } from './processes.ts';
import { FLAVOURS } from './programs.ts';
import { count, random, rerun, SEED } from './random.ts';
import { Subject } from './subject.ts';

/** Freezes in a row with signals in each, for each architecture and each kind of signal. */
const STORMS = count('ELFREEZE_STORMS', 3);
const HINT = (title: string) => rerun('signals', title, { ELFREEZE_STORMS: STORMS });
const ARCHES = ['x86-64', 'i386'] as const;
const SIGUSR1 = '10';
const SIGCONT = '18';
const SIGSTOP = '19';

/** How long a target stands still here, in µs: moments are spread over this and a little beyond. */
async function standstill(target: Subject, output: string): Promise<number> {
  const moment = { when: 'traced', us: 0, actions: ['none'] } as const;
  const frozen: Frozen[] = [];
  for (let n = 0; n < 3; n++) frozen.push(await freeze({ pid: target.pid, output, mark: target.name, moment }));
  expect(frozen.map(({ status }) => status)).toEqual([0, 0, 0]);
  return Math.min(...frozen.map(({ traced }) => traced));
}

const told = (target: Subject, kind: string): number => target.events.filter((event) => event.startsWith(kind)).length;

const ended = (frozen: Frozen, killed: boolean): void =>
  expect(killed && frozen.acted ? ['signal 9', 0] : [0], `at ${JSON.stringify(frozen)}`).toContain(frozen.status);

describe.each(ARCHES)('%s', (arch) => {
  beforeEach(unlessItRuns(arch));
  const flavour = FLAVOURS.find((each) => each.arch === arch)!;

  it.each([false, true])(
    `numbered signals all come, once and in order (elfreeze killed: %s, seed ${SEED})`,
    { timeout: 60_000 + STORMS * 5_000 },
    async (killed) => {
      const hint = HINT(`${arch} numbered signals`);
      const next = random(`storm ${arch} ${killed}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      const output = join(scratch.path, 'image');
      await using target = await Subject.start({ flavour, kind: 'storm', dir: scratch.path });
      const still = await standstill(target, output);
      let sent = 0;
      let met = 0;
      for (let n = 0; n < STORMS; n++) {
        const size = 1 + Math.floor(next() * 100);
        const us = Math.round((n / STORMS) * next() * still);
        const actions = [`storm=${sent},${size}`, ...(killed ? ['kill'] : [])];
        const frozen = await freeze({
          pid: target.pid,
          output,
          mark: target.name,
          moment: { when: 'traced', us, actions },
        });
        ended(frozen, killed);
        if (frozen.acted) sent += size;
        if (frozen.tracer) met++;
        await target.settled();
        await target.poke('storm');
        expect(target.lines.at(-1), `${JSON.stringify(frozen)} ${hint}`).toBe(`got ${sent}`);
      }
      expect(met, `no storm met a target that stood still. rerun: ${hint}`).toBeGreaterThan(0);
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
      await target.gone();
      await scratch.cleanup();
    },
  );

  it.each(['sleep', 'deep', 'poll', 'threads'] as const)(
    `a stop that comes meanwhile is kept, in %s (seed ${SEED})`,
    { timeout: 60_000 + STORMS * 10_000 },
    async (kind) => {
      const hint = HINT(`${arch} a stop that comes meanwhile is kept, in ${kind}`);
      const next = random(`stop ${arch} ${kind}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      const output = join(scratch.path, 'image');
      await using target = await Subject.start({ flavour, kind, dir: scratch.path });
      const still = await standstill(target, output);
      for (let n = 0; n < STORMS; n++) {
        const killed = next() < 0.5;
        const us = Math.round(((n + next()) / STORMS) * still);
        const gap = `spin=${Math.round((next() * still) / 2)}`;
        const actions = [SIGSTOP, ...(killed ? [gap, 'kill'] : [])];
        const frozen = await freeze({
          pid: target.pid,
          output,
          mark: target.name,
          moment: { when: 'traced', us, actions },
        });
        const seen = `${JSON.stringify({ us, actions, frozen })} ${hint}`;
        if (!frozen.acted) continue; // it was quicker
        await target.settled('stopped').catch((error: unknown) => expect.fail(`${String(error)} ${seen}`));
        await until(
          'told',
          () => told(target, 'event stopped 19') === told(target, 'event continued') + 1 || undefined,
          () => seen,
        );
        target.signal('SIGCONT');
        await target.settled();
        await until(
          'told',
          () => told(target, 'event continued') === told(target, 'event stopped 19') || undefined,
          () => seen,
        );
        await target.poke(kind);
        ended(frozen, killed);
      }
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
      await target.gone();
      expect(told(target, 'event stopped'), `rerun: ${hint}`).toBe(told(target, 'event stopped 19'));
      await scratch.cleanup();
    },
  );

  it.each(['sleep', 'deep', 'poll', 'threads'] as const)(
    `a target that is stopped stays so, its parent hears nothing, and its image starts stopped, in %s (seed ${SEED})`,
    { timeout: 60_000 + STORMS * 10_000 },
    async (kind) => {
      const hint = HINT(`${arch} a target that is stopped stays so, its parent hears nothing, in ${kind}`);
      const next = random(`stopped ${arch} ${kind}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      const output = join(scratch.path, 'image');
      await using target = await Subject.start({ flavour, kind, dir: scratch.path });
      const still = await standstill(target, output);
      const hears = (what: string, times: number): Promise<unknown> =>
        until(
          `told ${times} times`,
          () => told(target, what) === times || undefined,
          () => target.console(),
        );
      for (let n = 1; n <= STORMS; n++) {
        target.signal('SIGSTOP');
        await hears('event stopped 19', n);
        const before = target.events;
        const killed = n % 2 === 0;
        const actions = killed ? ['kill'] : ['none'];
        const moment = { when: 'traced', us: Math.round(next() * still), actions } as const;
        const frozen = await freeze({ pid: target.pid, output, mark: target.name, moment });
        ended(frozen, killed);
        const seen = `${JSON.stringify({ moment, frozen })} ${hint}`;
        await target.settled('stopped').catch((error: unknown) => expect.fail(`${String(error)} ${seen}`));
        expect({ seen, events: target.events }).toEqual({ seen, events: before });
        target.signal('SIGCONT');
        await hears('event continued', n);
        await target.settled();
        await target.poke(kind);
      }
      target.signal('SIGSTOP');
      await target.settled('stopped');
      expect(await freeze({ pid: target.pid, output, mark: target.name })).toMatchObject({ status: 0 });
      target.signal('SIGCONT');
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
      await target.gone();
      await using continued = await Subject.continue(output, target, { dir: scratch.path }, {});
      await continued.settled();
      await continued.poke(kind);
      expect(await continued.finish(), `rerun: ${hint}`).toBe('ok 0');
      await scratch.cleanup();
    },
  );

  it.each(['sleep', 'coroutine', 'pause', 'threads'] as const)(
    `a stop that is taken back meanwhile does not last, in %s (seed ${SEED})`,
    { timeout: 60_000 + STORMS * 10_000 },
    async (kind) => {
      const hint = HINT(`${arch} a stop that is taken back meanwhile does not last, in ${kind}`);
      const next = random(`continue ${arch} ${kind}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      const output = join(scratch.path, 'image');
      await using target = await Subject.start({ flavour, kind, dir: scratch.path });
      const still = await standstill(target, output);
      for (let n = 0; n < STORMS; n++) {
        const us = Math.round(((n + next()) / STORMS) * still);
        const before = target.lines.length;
        const gap = `spin=${Math.round((next() * still) / 2)}`;
        const actions = [SIGSTOP, SIGUSR1, gap, SIGCONT, ...(next() < 0.3 ? ['kill'] : [])];
        const frozen = await freeze({
          pid: target.pid,
          output,
          mark: target.name,
          moment: { when: 'traced', us, actions },
        });
        const seen = `${JSON.stringify({ us, actions, frozen })} ${hint}`;
        if (!frozen.acted) continue; // it was quicker
        await target.settled().catch((error: unknown) => expect.fail(`${String(error)} ${seen}`));
        await until(
          'counting the signal between',
          () => target.lines.length === before + 1 || undefined,
          () => `${seen} ${target.console()}`,
        );
        ended(frozen, actions.includes('kill'));
      }
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
      await target.gone();
      await scratch.cleanup();
    },
  );
});
