import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandSaid, Ended, Program } from '../agent/hands.ts';
import type { Declared } from '../judge/declared.ts';
import { judge } from '../judge/judge.ts';
import { type Difference, type Verdict, verdictOf } from '../judge/verdict.ts';
import { type Place, STOPPING, STOPPING_KEPT } from '../places/place.ts';
import { type Evidence, recordImage, recordLook } from '../report/evidence.ts';
import { LabError } from '../running.ts';
import { letGo, makeWork, startOf, stdinOf, untilReady, workOf } from './lead.ts';
import {
  frozenAgainstLimits,
  judgeLoss,
  judgeNoStart,
  judgeRefusal,
  judgeRefusalAtMoment,
  limitsOn,
} from './limits.ts';
import { check, compareResults, resultOf } from './result.ts';
import type { Trial } from './trial.ts';
import type { Undisturbed } from './undisturbed.ts';

/** The target had ended: it was quicker than undisturbed, or this machine slower than the target's wait is long. Nothing was frozen. */
export class TooLate extends LabError {
  /** @param ended how the target did */
  constructor({ end }: Pick<Ended, 'end'>) {
    super(`the target ended (${end}) sooner than it could be frozen`);
  }
}

/** What an experiment is made with. */
export interface Setting {
  readonly freezeIn: Place;
  readonly restoreIn: Place;
  /** Of this experiment alone, in both places. */
  readonly dir: string;
  readonly undisturbed: Promise<Undisturbed>;
  readonly evidence: Evidence;
  readonly interrupted: AbortSignal;
}

/** Started, frozen, killed; its image run where nothing else is, judged, continued, and held against an undisturbed run. */
export async function experiment({ cell, moment, seconds }: Trial, setting: Setting): Promise<Verdict> {
  const { freezeIn, restoreIn, dir, undisturbed, evidence, interrupted } = setting;
  const { target: row, arch } = cell;
  evidence.enter('compile');
  const there = await freezeIn.hands(arch);
  const executable = await there.executable(cell);

  evidence.enter('start');
  await makeWork(cell, there, dir);
  await using target = await there.start(startOf(cell, executable, dir, seconds));
  if (moment === undefined) await untilReady(cell, target, dir);
  else await untilMoment(target, moment * (await undisturbed).milliseconds, interrupted);
  // From here it is where it is to be frozen; at a moment it may also have ended.

  evidence.enter('look');
  const endsByItself = moment !== undefined || row.waits === 'itself' || row.waits === 'work';
  const moves = moment !== undefined || row.moves === true;
  const manner = { spins: row.waits === 'spin', moves };
  const eyes = { memory: !moves, peek: !moves && row.untouched !== true };
  const before = await there.look(target.pid, eyes).catch(async (error: unknown) => {
    throw endsByItself && (await target.hasEnded()) ? new TooLate(await target.finish()) : error;
  });
  evidence.before = recordLook(before);

  evidence.enter('freeze');
  const image = join(dir, 'image');
  // What waits for the lab does nothing more: it can be left running, as it is without --kill, and ended by us.
  const goesOn = moment === undefined && ['stdin', 'signal', 'stopped'].includes(row.waits);
  const frozen = await there.elfreeze([
    'freeze',
    String(target.pid),
    '-o',
    image,
    ...(goesOn ? [] : ['--kill']),
    ...(freezeIn.name === 'host' && restoreIn === freezeIn ? [] : ['--cwd=any']),
    ...(row.freeze ?? []),
  ]);
  if (frozen.status !== 0 && endsByItself && (await target.hasEnded())) throw new TooLate(await target.finish());
  const { kernel } = freezeIn;
  if (frozen.status !== 0) return (moment === undefined ? judgeRefusal : judgeRefusalAtMoment)(cell, frozen, kernel);
  const limits = limitsOn(row, kernel);
  if (limits !== undefined && moment === undefined) return frozenAgainstLimits(limits);
  if (goesOn) await target.signal('SIGKILL');
  const killed = await target.finish();
  // From here the target is gone, and only the image is left of it.

  evidence.enter('restore');
  const here = await restoreIn.hands(arch);
  const elsewhere = restoreIn !== freezeIn;
  if (elsewhere) await here.unpack(dir, await there.pack(dir));
  const work = row.own?.cwd ?? workOf(dir);
  const hasResults = (row.results ?? []).length > 0;
  const env = row.keepsPid ? STOPPING_KEPT : STOPPING;
  const started = await restoreIn
    .restart({ arch, image, dir, work, hasResults, stdin: stdinOf(row), env })
    .catch((error: unknown) => judgeNoStart(error, row, elsewhere));
  if ('outcome' in started) return started;
  await using restored = started;
  evidence.enter('look again');
  const pid = row.keepsPid ? await here.supervised(restored.pid) : restored.pid;
  const after = await here.look(pid, eyes);
  evidence.after = recordLook(after);
  evidence.enter('ask elfreeze');
  const [inspected, compared] = await Promise.all([
    here.elfreeze(['inspect', image, '--program', '--json']),
    here.elfreeze(['compare', image, String(restored.pid), '--json']),
  ]);
  if (inspected.status === 0) evidence.image = recordImage(await here.segments(image), inspected.stdout);
  const differences: Difference[] = [
    ...check('end of the frozen target', 'killed by SIGKILL', killed.end),
    ...judge(before, after, inspected.status === 0 ? declaredIn(inspected.stdout) : [], { ...manner, elsewhere }),
    ...checkCalled('elfreeze inspect', inspected),
    ...checkCalled('elfreeze compare', compared),
  ];
  // From here it runs its own instructions again.

  evidence.enter('continue');
  await restored.signal('SIGCONT');
  if (moment !== undefined) await untilReady(cell, restored, dir, killed.output);
  await letGo(cell, restored);
  const ended = await restored.finish();
  const result = await resultOf(cell, { ...ended, output: killed.output + ended.output }, here, workOf(dir));
  const outcome = compareResults(await undisturbed, result);
  return row.loses !== undefined && moment === undefined && differences.length === 0
    ? judgeLoss(row.loses, outcome)
    : verdictOf([...differences, ...outcome]);
}

/** @param milliseconds since it began */
export async function untilMoment(target: Program, milliseconds: number, signal: AbortSignal): Promise<void> {
  await target.until({ kind: 'begun' });
  await delay(milliseconds, undefined, { signal });
}

const checkCalled = (kind: string, { status, stdout, stderr }: CommandSaid): Difference[] =>
  status === 0 ? [] : [{ kind, at: '', before: 'exit 0', after: `exit ${status}: ${(stderr || stdout).trim()}` }];

/** @param stdout of `elfreeze inspect IMAGE --program --json` */
function declaredIn(stdout: string): Declared[] {
  const { declaredDifferences } = JSON.parse(stdout) as {
    declaredDifferences?: { start: string; end: string; reason: string }[];
  };
  return (declaredDifferences ?? []).map(({ start, end, reason }) => ({
    start: BigInt(start),
    end: BigInt(end),
    reason,
  }));
}
