// elfreeze killed with SIGKILL at any instant: the target runs on correctly, and nothing is left of the freeze.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dir as temporaryDirectory } from 'tmp-promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lacksArch, unlessItRuns } from '../i386.ts';
import { freeze, type Frozen, type Moment } from './freeze.ts';
import { until } from './processes.ts';
import { type Flavour, FLAVOURS } from './programs.ts';
import { count, random, rerun, SEED } from './random.ts';
import { type Kind, Subject } from './subject.ts';

const KINDS = ['steady', 'sleep', 'read', 'poll', 'pause', 'vdso', 'altstack', 'deep', 'coroutine', 'threads'] as const;
const ARCHES = ['x86-64', 'i386'] as const;
const SIGUSR1 = '10';

/** Kills in all, spread over every kind of target. */
const KILLS = count('ELFREEZE_KILLS', 36);
const EACH = Math.ceil(KILLS / (KINDS.length * ARCHES.length));
/** Kills before one of elfreeze's own system calls, for each architecture. */
const STEPS = count('ELFREEZE_STEPS', 6);
const HINT = (title: string) => rerun('killed', title, { ELFREEZE_KILLS: KILLS, ELFREEZE_STEPS: STEPS });

/** What stood in the image's place before: it stays, or a whole image takes it. */
const OLD = 'an older image\n';

/** Nothing but the image's own name, and there nothing, what was there, or a whole image. */
async function checkOutput(output: string, old: boolean, target: Subject, kind: Kind, hint: string): Promise<void> {
  const names = readdirSync(join(output, '..'));
  expect(
    names.filter((name) => name !== 'image'),
    `rerun: ${hint}`,
  ).toEqual([]);
  if (names.length === 0) {
    expect(old, `rerun: ${hint}`).toBe(false);
    return;
  }
  const bytes = readFileSync(output);
  if (old && bytes.equals(Buffer.from(OLD))) return;
  await using continued = await Subject.continue(output, target, { dir: join(output, '../..') });
  await continued.poke(kind);
  await continued.finish();
  expect(continued.lines.at(-1), `rerun: ${hint}`).toMatch(/^ok /);
}

const totals = { kills: 0, traced: 0, finished: 0 };
afterAll(() => console.log(`killed: ${JSON.stringify(totals)}, seed ${SEED}`));

function tally(frozen: Frozen): void {
  totals.kills++;
  if (frozen.tracer) totals.traced++;
  if (!frozen.acted) totals.finished++;
}

/** Freezes, and kills elfreeze at a moment; then the target must be as it was. */
async function killAt(
  moment: Moment,
  target: Subject,
  kind: Kind,
  dir: string,
  n: number,
  hint: string,
): Promise<void> {
  const folder = join(dir, `output-${n}`);
  await mkdir(folder);
  const output = join(folder, 'image');
  const old = n % 2 === 0;
  if (old) writeFileSync(output, OLD);
  // With a rehearsal too, which must end with elfreeze.
  const args = n % 3 === 0 ? ['--check'] : [];
  const frozen = await freeze({ pid: target.pid, output, args, mark: target.name, moment });
  tally(frozen);
  const seen = `${JSON.stringify({ moment, frozen })} ${hint}`;
  // It was killed, or it was quicker and succeeded, perhaps just ending: it may never fail by itself.
  expect(frozen.acted ? ['signal 9', 0] : [0], `at ${seen}`).toContain(frozen.status);
  await target.settled();
  await target.poke(kind);
  await target.settled();
  await checkOutput(output, old, target, kind, seen);
}

describe.each(ARCHES)('%s', (arch) => {
  beforeEach(unlessItRuns(arch));
  let durations: { took: number; traced: number };

  beforeAll(async () => {
    if (lacksArch(arch) !== undefined) return;
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    await using target = await Subject.start({ flavour: { arch, linkage: 'pie' }, kind: 'read', dir: scratch.path });
    const frozen = [];
    const moment: Moment = { when: 'traced', us: 0, actions: ['none'] };
    for (let n = 0; n < 3; n++) {
      frozen.push(await freeze({ pid: target.pid, output: join(scratch.path, 'image'), mark: target.name, moment }));
    }
    const failed = frozen.find(({ status }) => status !== 0);
    if (failed) throw new Error(`an undisturbed freeze failed: ${failed.stderr}`);
    durations = {
      took: Math.min(...frozen.map(({ took }) => took)),
      traced: Math.max(...frozen.map(({ traced }) => traced)),
    };
    await scratch.cleanup();
  });

  it.each(KINDS)(`a target in %s runs on (seed ${SEED})`, { timeout: 60_000 + EACH * 10_000 }, async (kind) => {
    const next = random(`kill ${arch} ${kind}`);
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const flavour: Flavour = FLAVOURS.filter((each) => each.arch === arch)[next() < 0.5 ? 0 : 1]!;
    await using target = await Subject.start({ flavour, kind, dir: scratch.path });
    const hint = HINT(`${arch} a target in ${kind}`);
    for (let n = 0; n < EACH; n++) {
      // Half of the kills while the target stands still, the others over the whole of elfreeze's life.
      const share = (Math.floor(n / 2) + next()) / Math.ceil(EACH / 2);
      const moment: Moment =
        n % 2 === 0
          ? { when: 'traced', us: Math.round(share * durations.traced), actions: ['kill'] }
          : { when: 'start', us: Math.round(share * durations.took), actions: ['kill'] };
      await killAt(moment, target, kind, scratch.path, n, hint);
    }
    expect(await target.finish(), `rerun: ${hint}`).toMatch(/^ok /);
    await target.gone();
    expect(target.events, `rerun: ${hint}`).toEqual([expect.stringMatching(/^signal 17 /), 'event exited 0']);
    await scratch.cleanup();
  });
});

/** The calls through which it acts on the target. strace ends it before the n-th of them. */
const CALLS = ['ptrace', 'pwrite64'] as const;
type Call = (typeof CALLS)[number];

const before = (call: Call, n: number): readonly string[] => {
  const inject = `inject=${call}:signal=KILL:when=${n}`;
  return ['strace', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
};

/** The calls that elfreeze makes in one freeze, as strace prints them. */
async function callsOf(call: Call, target: Subject, dir: string): Promise<string[]> {
  const log = join(dir, `calls-${call}`);
  const under = ['strace', '-qq', '-e', `trace=${call}`, '-o', log];
  const frozen = await freeze({ pid: target.pid, output: join(dir, 'image'), under, mark: target.name });
  expect(frozen).toMatchObject({ status: 0, stderr: '' });
  return readFileSync(log, 'latin1')
    .split('\n')
    .filter((line) => line.startsWith(`${call}(`));
}

/** Numbers of calls to die before: evenly spread with a random offset, every single one when there are as many steps as calls. */
function spread(calls: number, next: () => number): number[] {
  const wanted = Math.min(STEPS, calls);
  return [...new Set(Array.from({ length: wanted }, (_, n) => 1 + Math.floor(((n + next()) * calls) / wanted)))];
}

describe.each(ARCHES)('%s', (arch) => {
  beforeEach(unlessItRuns(arch));
  const flavour: Flavour = { arch, linkage: 'static' };

  it.each(CALLS)(
    `killed before one of its calls of %s, the target runs on (seed ${SEED})`,
    { timeout: 120_000 + STEPS * 10_000 },
    async (call) => {
      const next = random(`step ${arch} ${call}`);
      const hint = HINT(`${arch} killed before one of its calls of ${call}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      await using target = await Subject.start({ flavour, kind: 'poll', dir: scratch.path });
      const calls = (await callsOf(call, target, scratch.path)).length;
      expect(calls, `rerun: ${hint}`).toBeGreaterThan(call === 'ptrace' ? 50 : 5);
      for (const at of spread(calls, next)) {
        const folder = join(scratch.path, `step-${at}`);
        await mkdir(folder);
        const output = join(folder, 'image');
        const frozen = await freeze({ pid: target.pid, output, under: before(call, at), mark: target.name });
        const seen = `before call ${at} of ${calls}: ${JSON.stringify(frozen)} ${hint}`;
        totals.kills++;
        await target.settled();
        await target.poke('poll');
        await target.settled();
        expect(['signal 9', 0], `at ${seen}`).toContain(frozen.status);
        await checkOutput(output, false, target, 'poll', seen);
      }
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
      await target.gone();
      expect(target.events, `rerun: ${hint}`).toEqual([expect.stringMatching(/^signal 17 /), 'event exited 0']);
      await scratch.cleanup();
    },
  );

  // A handler that runs while the thread has other registers than its own would let a sigsuspend go on that is to end.
  it.each([
    { kind: 'pause', everywhere: true },
    { kind: 'threads', everywhere: true },
    // Just stopped, these find that the kernel has ended their calls, as signal(7) says, and elfreeze must live to mend that.
    { kind: 'sigwait', everywhere: false },
    { kind: 'semop', everywhere: false },
  ] as const)(
    `killed around each change of its signal mask and elsewhere, a signal that came is counted once, in $kind (seed ${SEED})`,
    { timeout: 120_000 + STEPS * 10_000 },
    async ({ kind, everywhere }) => {
      const next = random(`mask ${arch} ${kind}`);
      const hint = HINT(`${arch} killed around each change of its signal mask .*${kind}`);
      const scratch = await temporaryDirectory({ unsafeCleanup: true });
      const output = join(scratch.path, 'image');
      await using target = await Subject.start({ flavour, kind, dir: scratch.path });
      const calls = await callsOf('ptrace', target, scratch.path);
      const changes = calls.flatMap((line, i) => (line.startsWith('ptrace(PTRACE_SETSIGMASK') ? [i + 1, i + 2] : []));
      expect(changes.length, `rerun: ${hint}`).toBeGreaterThanOrEqual(4);
      let met = 0;
      for (const at of new Set([...changes, ...(everywhere ? spread(calls.length, next) : [])])) {
        const lines = target.lines.length;
        const moment: Moment = { when: 'still', us: 0, actions: [SIGUSR1] };
        const under = before('ptrace', at);
        const frozen = await freeze({ pid: target.pid, output, under, mark: target.name, moment });
        totals.kills++;
        expect(['signal 9', 0], `${JSON.stringify(frozen)} ${hint}`).toContain(frozen.status);
        await target.settled();
        if (!frozen.acted) continue; // it was quicker
        if (frozen.tracer) met++;
        await until(
          'counting the signal',
          () => target.lines.length === lines + 1 || undefined,
          () => `before ${calls[at - 1]}: ${JSON.stringify(frozen)} ${target.look()} ${hint}`,
        );
      }
      expect(met, `no signal met a target that stood still. rerun: ${hint}`).toBeGreaterThan(0);
      expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
      await target.gone();
      await scratch.cleanup();
    },
  );

  // The target waits for the middleman that makes the copy, if elfreeze cannot: no signal may end that wait.
  it(`killed around each of its clones, in a stream of signals, it leaves no child (seed ${SEED})`, async () => {
    const hint = HINT(`${arch} killed around each of its clones`);
    const scratch = await temporaryDirectory({ unsafeCleanup: true });
    const output = join(scratch.path, 'image');
    await using target = await Subject.start({ flavour, kind: 'deep', dir: scratch.path });
    const calls = await callsOf('ptrace', target, scratch.path);
    const clone = calls.findIndex((line) => line.startsWith('ptrace(PTRACE_GETEVENTMSG'));
    expect(clone, `rerun: ${hint}`).toBeGreaterThan(0);
    let met = 0;
    for (let at = clone - 4; at < clone + 12; at++) {
      const moment: Moment = { when: 'still', us: 0, actions: [`stream=${SIGUSR1}`] };
      const frozen = await freeze({ pid: target.pid, output, under: before('ptrace', at), mark: target.name, moment });
      totals.kills++;
      if (frozen.tracer) met++;
      expect(['signal 9', 0], `${JSON.stringify(frozen)} ${hint}`).toContain(frozen.status);
      await target.settled();
      await target.poke('deep');
    }
    expect(met, `no signal met a target that stood still. rerun: ${hint}`).toBeGreaterThan(0);
    expect(await target.finish(), `rerun: ${hint}`).toBe('ok 0');
    await target.gone();
    await scratch.cleanup();
  });
});
