import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { letGo, makeWork, startOf, stdinOf, untilReady } from '../experiment/lead.ts';
import { judgeLoss, judgeRefusal } from '../experiment/limits.ts';
import { check, compareResults } from '../experiment/result.ts';
import { runUndisturbed, type Undisturbed } from '../experiment/undisturbed.ts';
import { type Declared, judge } from '../judge/judge.ts';
import type { Look } from '../judge/look.ts';
import { forKernel } from '../judge/other-kernel.ts';
import { type Difference, type Verdict, verdictOf } from '../judge/verdict.ts';
import { STOPPING } from '../places/place.ts';
import { type Evidence, recordLook } from '../report/evidence.ts';
import { ELFREEZE } from '../root.ts';
import { LabError } from '../running.ts';
import type { Guest } from './guest.ts';
import type { MatrixCell } from './cells.ts';
import { expectedLoss, expectedRefusal, judgeStartRefusal } from './refusals.ts';

/** A process that is only an image any more, and how it was. */
export interface Frozen {
  readonly of: MatrixCell;
  readonly on: Pick<Guest, 'kernel' | 'release'>;
  readonly image: Buffer;
  readonly before: Look;
  readonly declared: readonly Declared[];
  readonly output: string;
  readonly undisturbed: Undisturbed;
}

const run = promisify(execFile);

const MAX_OUTPUT = 1 << 28;
const DIR = '/tmp/lab';
const IMAGE = join(DIR, 'image');

/** @returns a verdict when the cell ends here: what it holds is refused, or should have been */
export async function freezeIn(
  { kernel, release, hands, vm }: Guest,
  of: MatrixCell,
  evidence: Evidence,
): Promise<Frozen | Verdict> {
  evidence.enter('start');
  const { cell, below3GiB } = of;
  const undisturbed = await runUndisturbed(cell, hands, DIR, false);
  await makeWork(cell, hands, DIR);
  try {
    const executable = await hands.executable(cell);
    await using target = await hands.start(startOf(cell, executable, DIR), below3GiB);
    await untilReady(cell, target, DIR);
    evidence.enter('look');
    const before = await hands.look(target.pid, eyesFor(of));
    evidence.before = recordLook(before);
    evidence.enter('freeze');
    const called = await hands.elfreeze(['freeze', String(target.pid), '-o', IMAGE, '--kill']);
    if (called.status !== 0) return judgeRefusal(cell, called);
    const { end, output } = await target.finish();
    const differences = check('end of the frozen target', 'killed by SIGKILL', end);
    if (differences.length > 0) return verdictOf(differences);
    const image = await vm.read(IMAGE);
    return { of, on: { kernel, release }, image, before, declared: await declaredIn(image), output, undisturbed };
  } finally {
    evidence.leave();
    await hands.remove(DIR);
  }
}

/** Its image in a guest where there is nothing else: judged, continued, held against an undisturbed run. */
export async function restoreIn(
  { kernel, release, hands, vm }: Guest,
  frozen: Frozen,
  evidence: Evidence,
): Promise<Verdict> {
  evidence.enter('restore');
  const { of, on, before, declared, undisturbed } = frozen;
  const { cell } = of;
  await makeWork(cell, hands, DIR);
  try {
    await vm.put(IMAGE, frozen.image, 0o700);
    const start = { executable: IMAGE, args: [], cwd: '/', env: STOPPING, dir: DIR, role: 'image' };
    await using restored = await hands.start({ ...start, stdin: stdinOf(cell.target) });
    const refusal = expectedRefusal(of, kernel);
    if (refusal !== undefined) return judgeStartRefusal(refusal, await restored.finish(), restored.stderr);
    await restored.until({ kind: 'state', letter: 'T' }).catch(async (error: unknown) => {
      if (!(error instanceof LabError) || !(await restored.hasEnded())) throw error;
    });
    if (await restored.hasEnded()) return notRestored(await restored.finish(), restored.stderr);
    evidence.enter('look again');
    const after = await hands.look(restored.pid, eyesFor(of));
    const manner = { spins: cell.target.waits === 'spin', moves: cell.target.moves === true };
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
    const loss = expectedLoss(of, on);
    return loss !== undefined && differences.length === 0
      ? judgeLoss(loss, outcome)
      : verdictOf([...differences, ...outcome]);
  } finally {
    evidence.leave();
    await hands.remove(DIR);
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
