import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Declared } from '../judge/declared.ts';
import type { Look } from '../judge/look.ts';
import { readLook } from '../judge/read-look.ts';
import { formatEnd, LabError, type Running } from '../running.ts';
import { sayStep } from './steps.ts';
import type { Workbench } from './workbench.ts';

/** What waits for a fact waits no longer than this; a loaded machine is far quicker. */
const DEADLINE_MS = 60_000;
const STATUS_OF_SIGKILL = 'killed by SIGKILL';

/** A program, and the moment at which it is frozen. */
export interface Experiment {
  /** Names its files. */
  readonly name: string;
  readonly executable: string;
  readonly args: readonly string[];
  /** The line of its output that it has reached when it is frozen. */
  readonly reached: string;
  /** It waits for lines on standard input: how many until it is frozen, how many in all. */
  readonly lines?: { readonly before: number; readonly all: number };
  /** The file that it writes. */
  readonly log: string;
}

/** What is left of a run. */
export interface Result {
  readonly output: string;
  readonly stderr: string;
  readonly end: string;
  readonly log: string;
}

export interface Observed {
  readonly image: string;
  readonly expected: Result;
  /** Both parts as one. */
  readonly result: Result;
  /** Of the output, what came before the freeze. */
  readonly linesBefore: number;
  /** From before the freeze, when it stood still for it; from the image before its first own instruction. */
  readonly before: Look;
  readonly after: Look;
  readonly declared: readonly Declared[];
  readonly compared: { readonly status: number; readonly text: string };
}

const ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/', LC_ALL: 'C' };

/** The main job: started, frozen part-way, killed; its image started, stopped before its first own instruction, continued. */
export async function runExperiment(bench: Workbench, experiment: Experiment): Promise<Observed> {
  const undisturbed = runUndisturbed(bench, experiment);
  // Looked at below; must not count as unhandled if this run fails first.
  undisturbed.catch(() => undefined);
  const deadline = performance.now() + DEADLINE_MS;
  const { name, lines } = experiment;
  const image = join(bench.dir, `${name}.elf`);

  sayStep(`${name}: running, until ${JSON.stringify(experiment.reached)} is in its output`);
  await using target = await startIn(bench, experiment, 'target');
  feed(target, lines?.before ?? 0);
  await target.until('as far as wanted', () => target.output.includes(experiment.reached), deadline);
  // It says so just before it waits.
  if (lines) await target.until('waiting', async () => (await target.state()) === 'S', deadline);

  sayStep(`${name}: looking at process ${target.pid}`);
  const before = await readLook(target.pid, lines !== undefined, lines && (await bench.peek()));

  sayStep(`${name}: elfreeze freeze ${target.pid} --kill`);
  const frozen = await bench.elfreeze('freeze', String(target.pid), '-o', image, '--kill');
  if (frozen.status !== 0) throw new LabError(`${name}: ${frozen.stderr.trim()}`);
  const killed = formatEnd(await target.finish(deadline));
  if (killed !== STATUS_OF_SIGKILL) throw new LabError(`${name}: it ended (${killed}) before it was frozen`);
  // From here the process is gone, and only the image is left of it.

  sayStep(`${name}: running the image, stopped before its first own instruction`);
  await using restored = await bench.start({
    executable: image,
    args: [],
    cwd: '/',
    env: { ELFREEZE_STOP: '1' },
    dir: bench.dir,
    role: `${name}.image`,
  });
  await restored.until('restored and stopped', async () => (await restored.state()) === 'T', deadline);
  const after = await readLook(restored.pid, lines !== undefined, lines && (await bench.peek()));
  const declared = await readDeclared(bench, image);
  sayStep(`${name}: elfreeze compare`);
  const compared = await bench.elfreeze('compare', image, String(restored.pid));

  sayStep(`${name}: the image goes on`);
  restored.signal('SIGCONT');
  if (lines) feed(restored, lines.all - lines.before);
  const end = formatEnd(await restored.finish(deadline));
  sayStep(`${name}: waiting for the undisturbed run`);
  return {
    image,
    expected: await undisturbed,
    result: {
      output: target.output + restored.output,
      stderr: (await readStderr(bench, experiment, 'target')) + (await readStderr(bench, experiment, 'image')),
      end,
      log: await readFile(join(bench.dir, `${name}.target`, experiment.log), 'latin1'),
    },
    linesBefore: target.output.split('\n').length - 1,
    before,
    after,
    declared,
    compared: { status: compared.status, text: (compared.stdout + compared.stderr).trim() },
  };
}

async function runUndisturbed(bench: Workbench, experiment: Experiment): Promise<Result> {
  await using running = await startIn(bench, experiment, 'undisturbed');
  feed(running, experiment.lines?.all ?? 0);
  const end = formatEnd(await running.finish(performance.now() + DEADLINE_MS));
  return {
    output: running.output,
    stderr: await readStderr(bench, experiment, 'undisturbed'),
    end,
    log: await readFile(join(bench.dir, `${experiment.name}.undisturbed`, experiment.log), 'latin1'),
  };
}

async function startIn(bench: Workbench, { name, executable, args }: Experiment, role: string): Promise<Running> {
  const cwd = join(bench.dir, `${name}.${role}`);
  await mkdir(cwd);
  return bench.start({ executable, args, cwd, env: ENVIRONMENT, dir: bench.dir, role: `${name}.${role}` });
}

function feed(running: Running, lines: number): void {
  for (let line = 0; line < lines; line++) running.writeLine('go');
}

const readStderr = (bench: Workbench, { name }: Experiment, role: string): Promise<string> =>
  readFile(join(bench.dir, `${name}.${role}.err`), 'utf8');

/** What the image itself says must differ. */
async function readDeclared(bench: Workbench, image: string): Promise<Declared[]> {
  const { status, stdout, stderr } = await bench.elfreeze('inspect', image, '--json');
  if (status !== 0) throw new LabError(`elfreeze inspect ${image}: ${stderr.trim()}`);
  const { declaredDifferences } = JSON.parse(stdout) as {
    declaredDifferences: { start: string; end: string; reason: string }[];
  };
  return declaredDifferences.map(({ start, end, reason }) => ({ start: BigInt(start), end: BigInt(end), reason }));
}
