import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProgramStart } from '../agent/hands.ts';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { TooLate, untilMoment } from '../experiment/experiment.ts';
import { letGo, makeWork, startOf, stdinOf, untilReady, withLessWork, workOf } from '../experiment/lead.ts';
import { frozenAgainstLimits, judgeLoss, judgeRefusal, judgeRefusalAtMoment, limitsOn } from '../experiment/limits.ts';
import { check, compareResults } from '../experiment/result.ts';
import { sooner } from '../experiment/trial.ts';
import { runUndisturbed, type Undisturbed } from '../experiment/undisturbed.ts';
import type { Declared } from '../judge/declared.ts';
import { judge } from '../judge/judge.ts';
import type { Look } from '../judge/look.ts';
import { forKernel } from '../judge/other-kernel.ts';
import { type Difference, type Verdict, verdictOf } from '../judge/verdict.ts';
import { STOPPING, STOPPING_KEPT } from '../places/place.ts';
import { type Evidence, recordLook } from '../report/evidence.ts';
import { ELFREEZE } from '../root.ts';
import { LabError } from '../running.ts';
import type { MatrixCell } from './cells.ts';
import { PORTABLE } from './portable.ts';
import { expectedLoss, expectedRefusal, judgeElsewhere, judgeNoFile, judgeStartRefusal } from './refusals.ts';
import { type Guest, HOST, type Site } from './site.ts';

/** A process that is only an image any more, and how it was. */
export interface Frozen {
  readonly of: MatrixCell;
  readonly on: Pick<Site, 'kernel' | 'release' | 'features'>;
  /** Of the cell, of the same path in both places. */
  readonly dir: string;
  readonly image: Buffer;
  readonly before: Look;
  readonly declared: readonly Declared[];
  readonly output: string;
  readonly undisturbed: Undisturbed;
}

const run = promisify(execFile);

const MAX_OUTPUT = 1 << 28;

/** @returns a verdict when the cell ends here: what it holds is refused, or should have been */
export async function freezeIn(site: Site, selected: MatrixCell, evidence: Evidence): Promise<Frozen | Verdict> {
  const { hands, dir, isEmulated } = site;
  const of = isEmulated ? { ...selected, cell: withLessWork(selected.cell) } : selected;
  evidence.enter('start');
  const undisturbed = await runUndisturbed(of.cell, hands, dir, false);
  for (let trial: MatrixCell | undefined = of; ;) {
    await makeWork(of.cell, hands, dir);
    try {
      return await freezeOnce(site, trial, undisturbed, evidence);
    } catch (error) {
      trial = error instanceof TooLate ? sooner(trial) : undefined;
      if (trial === undefined) throw error;
    } finally {
      evidence.leave();
      await hands.remove(dir);
    }
  }
}

async function freezeOnce(
  site: Site,
  of: MatrixCell,
  undisturbed: Undisturbed,
  evidence: Evidence,
): Promise<Frozen | Verdict> {
  const { kernel, release, features, hands, dir } = site;
  const { cell, moment } = of;
  const executable = await hands.executable(cell);
  await using target = await hands.start(startIn(site, of, executable));
  if (moment === undefined) await untilReady(cell, target, dir);
  else await untilMoment(target, moment * undisturbed.milliseconds, site.interrupted);
  const isLate = async () => (moment !== undefined || cell.target.waits === 'itself') && (await target.hasEnded());
  evidence.enter('look');
  const before = await hands.look(target.pid, eyesFor(of)).catch(async (error: unknown) => {
    throw (await isLate()) ? new TooLate(await target.finish()) : error;
  });
  evidence.before = recordLook(before);
  evidence.enter('freeze');
  const image = join(dir, 'image');
  const options = ['-o', image, '--kill', '--cwd=any', ...(cell.target.freeze ?? [])];
  const called = await hands.elfreeze(['freeze', String(target.pid), ...options]);
  if (called.status !== 0 && (await isLate())) throw new TooLate(await target.finish());
  if (called.status !== 0) return (moment === undefined ? judgeRefusal : judgeRefusalAtMoment)(cell, called, release);
  const limits = limitsOn(cell.target, release);
  if (limits !== undefined && moment === undefined) return frozenAgainstLimits(limits);
  const { end, output } = await target.finish();
  const differences = check('end of the frozen target', 'killed by SIGKILL', end);
  if (differences.length > 0) return verdictOf(differences);
  const bytes = await site.read(image);
  const on = { kernel, release, features };
  return { of, on, dir, image: bytes, before, declared: await declaredIn(bytes), output, undisturbed };
}

/** How its target is started there. */
function startIn(
  { dir, below }: Site,
  { cell, seconds, below3GiB, portable }: MatrixCell,
  executable: string,
): ProgramStart {
  const start = startOf(cell, executable, dir, seconds);
  const env = portable ? { ...start.env, ...PORTABLE } : start.env;
  return below3GiB ? { ...start, env, executable: below, args: [executable, ...start.args] } : { ...start, env };
}

/** Its image in a guest where there is nothing else: judged, continued, held against an undisturbed run. */
export async function restoreIn(guest: Guest, frozen: Frozen, evidence: Evidence): Promise<Verdict> {
  const { kernel, release, hands, vm } = guest;
  const unfit = judgeElsewhere(frozen.of);
  if (unfit) return unfit;
  evidence.enter('restore');
  const { of, on, dir, before, declared, undisturbed } = frozen;
  const { cell } = of;
  const image = join(dir, 'image');
  await makeWork(cell, hands, dir);
  try {
    await vm.put(image, frozen.image, 0o700);
    const env = cell.target.keepsPid ? STOPPING_KEPT : STOPPING;
    const start = { executable: image, args: [], cwd: '/', env, dir, role: 'image' };
    await using restored = await hands.start({ ...start, stdin: stdinOf(cell.target) });
    const refusal = expectedRefusal(of, on, guest);
    if (refusal !== undefined) return judgeStartRefusal(refusal, await restored.finish(), restored.stderr);
    await restored.until({ kind: 'state', letter: 'T' }).catch(async (error: unknown) => {
      if (!(error instanceof LabError) || !(await restored.hasEnded())) throw error;
    });
    if (await restored.hasEnded()) {
      const ended = await restored.finish();
      return judgeNoFile(ended, restored.stderr, workOf(dir)) ?? notRestored(ended, restored.stderr);
    }
    evidence.enter('look again');
    const pid = cell.target.keepsPid ? await hands.supervised(restored.pid) : restored.pid;
    const after = await hands.look(pid, eyesFor(of));
    const manner = {
      spins: cell.target.waits === 'spin',
      moves: cell.target.moves === true,
      elsewhere: on.kernel === HOST,
      taken: before,
    };
    const was = { arch: on.kernel.arch, release: on.release };
    const shown = forKernel(before, after, was, { arch: kernel.arch, release });
    const differences: Difference[] = judge(shown, after, declared, manner);
    if (differences.length > 0) {
      evidence.before = recordLook(before);
      evidence.after = recordLook(after);
    }
    evidence.enter('continue');
    await restored.signal('SIGCONT');
    await letGo(cell, restored);
    const { end, output } = await restored.finish();
    const result = { end, output: frozen.output + output, files: undisturbed.files };
    const outcome = compareResults(undisturbed, result);
    const loss = expectedLoss(of, on, before, guest);
    return loss !== undefined && differences.length === 0
      ? judgeLoss(loss, outcome)
      : verdictOf([...differences, ...outcome]);
  } finally {
    evidence.leave();
    await hands.remove(dir);
  }
}

const notRestored = ({ end, output }: { end: string; output: string }, stderr: string): Verdict =>
  verdictOf([{ kind: 'restore', at: end, before: 'restored and stopped', after: `${output}${stderr}`.trim() }]);

function eyesFor({ cell: { target } }: MatrixCell): { memory: boolean; peek: boolean } {
  const still = target.moves !== true;
  return { memory: still, peek: still && target.untouched !== true };
}

/** Asked here: an image is the same file everywhere. */
async function declaredIn(image: Buffer): Promise<Declared[]> {
  const stdout = await inspect(image);
  const { declaredDifferences } = JSON.parse(stdout) as {
    declaredDifferences: { start: string; end: string; reason: string }[];
  };
  return declaredDifferences.map(({ start, end, reason }) => ({ start: BigInt(start), end: BigInt(end), reason }));
}

async function inspect(image: Buffer): Promise<string> {
  const dir = await makeLabDirectory();
  try {
    const file = join(dir, 'image');
    await writeFile(file, image);
    return (await run(process.execPath, [ELFREEZE, 'inspect', file, '--json'], { maxBuffer: MAX_OUTPUT })).stdout;
  } finally {
    await closeLabDirectory(dir, false);
  }
}
