import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DirectoryResult, dir as temporaryDirectory } from 'tmp-promise';
import type { Cell } from './cell.ts';
import type { Compiler } from './compile.ts';
import { type Declared, judge } from './judge/judge.ts';
import { readLook } from './judge/read-look.ts';
import { type Difference, type Verdict, verdictOf } from './judge/verdict.ts';
import { ELFREEZE, ROOT } from './root.ts';
import { Evidence, recordImage, recordLook } from './report/evidence.ts';
import type { Outcome } from './report/recording.ts';
import { type End, formatEnd, LabError, Running } from './running.ts';

/** Long enough for a loaded machine: what it guards against is waiting for ever. */
const DEADLINE_MS = 60_000;

export interface CellReport extends Outcome {
  readonly cell: string;
}

interface Result {
  readonly output: string;
  readonly end: string;
  /** Digests of the result files. */
  readonly files: Readonly<Record<string, string>>;
}

const ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/', LC_ALL: 'C', LAB_MARK: 'target' };

/** Runs cells on this host. Undisturbed runs are made once for each cell. */
export class NativeRunner {
  private readonly compiler: Compiler;
  private readonly undisturbed = new Map<string, Promise<Result>>();

  private readonly interrupted: AbortSignal;

  /** @param interrupted ends what is under way: everything started is killed, every directory removed */
  constructor(compiler: Compiler, interrupted: AbortSignal) {
    this.compiler = compiler;
    this.interrupted = interrupted;
  }

  async run(cell: Cell): Promise<CellReport> {
    const start = performance.now();
    const scratch = await temporaryDirectory({ prefix: 'elfreeze-lab-', unsafeCleanup: true });
    const evidence = new Evidence();
    const verdict = await this.experiment(cell, scratch.path, evidence).catch((error: unknown): Verdict => {
      if (!(error instanceof Error)) throw error;
      return { outcome: 'infra', cause: error.message, console: error instanceof LabError ? '' : (error.stack ?? '') };
    });
    evidence.leave();
    const report = reportOf(cell, verdict, start, evidence, '');
    if ((verdict.outcome === 'differs' || verdict.outcome === 'infra') && !this.interrupted.aborted) {
      return { ...report, directory: scratch.path };
    }
    await scratch.cleanup();
    return report;
  }

  /** Is the target itself right here? Once undisturbed, once only stopped and continued: both must find nothing. */
  async runUndisturbed(cell: Cell): Promise<CellReport> {
    const start = performance.now();
    const verdict = await Promise.all([this.baseline(cell), this.undisturbedRun(cell, true)]).then(
      ([alone, stopped]): Verdict => {
        const said = alone.output.includes('ok\n') || cell.target.begun !== undefined;
        const differences = said
          ? []
          : [{ kind: 'output', at: '', before: 'ok', after: `${alone.output.trim()} (${alone.end})` }];
        return verdictOf([...differences, ...compareResults(alone, stopped)]);
      },
      (error: Error): Verdict => ({ outcome: 'infra', cause: error.message, console: '' }),
    );
    return reportOf(cell, verdict, start, new Evidence(), ' --undisturbed');
  }

  private async experiment(cell: Cell, scratch: string, evidence: Evidence): Promise<Verdict> {
    const deadline = performance.now() + DEADLINE_MS;
    evidence.enter('compile');
    const executable = await this.compiler.executable(cell);
    const { peek, start: starter } = await this.compiler.tools();
    const expected = this.baseline(cell);
    // Looked at below; must not count as unhandled if this run fails first.
    expected.catch(() => undefined);

    evidence.enter('start');
    const work = await workDirectory(cell, scratch);
    await using target = await Running.start({
      starter,
      executable,
      args: cell.target.args ?? [],
      cwd: work,
      env: ENVIRONMENT,
      dir: scratch,
      role: 'target',
      interrupted: this.interrupted,
    });
    await untilReady(cell, target, work, deadline);
    const manner = { spins: cell.target.waits === 'spin', moves: cell.target.moves === true };
    const eyes = manner.moves || cell.target.untouched ? undefined : peek;
    evidence.enter('look');
    const before = await readLook(target.pid, !manner.moves, eyes);
    evidence.before = recordLook(before);

    evidence.enter('freeze');
    const image = join(scratch, 'image');
    const frozen = await this.elfreeze(['freeze', String(target.pid), '-o', image, '--kill']);
    if (frozen.status !== 0) return refusal(cell, frozen);
    if (cell.target.limits !== undefined) {
      return verdictOf([
        {
          kind: 'limits',
          at: cell.target.limits,
          before: 'refused by freeze',
          after: 'frozen: docs/limits.md and the row are wrong',
        },
      ]);
    }
    const killed = await target.finish(deadline);
    // From here the target is gone, and only the image is left of it.

    evidence.enter('restore');
    await using restored = await Running.start({
      starter,
      executable: image,
      args: [],
      cwd: '/',
      env: { ELFREEZE_STOP: '1' },
      dir: scratch,
      role: 'image',
      interrupted: this.interrupted,
    });
    await restored.until('restored and stopped', async () => (await restored.state()) === 'T', deadline);
    evidence.enter('look again');
    const after = await readLook(restored.pid, !manner.moves, eyes);
    evidence.after = recordLook(after);
    evidence.enter('ask elfreeze');
    const inspected = await this.elfreeze(['inspect', image, '--program', '--json']);
    if (inspected.status === 0) evidence.image = await recordImage(image, inspected.stdout);
    const compared = await this.elfreeze(['compare', image, String(restored.pid), '--json']);
    const differences: Difference[] = [
      ...check('end of the frozen target', 'killed by SIGKILL', formatEnd(killed)),
      ...checkCalled('elfreeze inspect', inspected),
      ...checkCalled('elfreeze compare', compared),
      ...judge(before, after, inspected.status === 0 ? declaredIn(inspected.stdout) : [], manner),
    ];
    // From here it runs its own instructions again.

    evidence.enter('continue');
    restored.signal('SIGCONT');
    await letGo(cell, restored, deadline);
    const end = await restored.finish(deadline);
    const result = resultOf(cell, target.output + restored.output, end, work);
    const outcome = compareResults(await expected, result);
    return differences.length === 0 && cell.target.loses !== undefined
      ? loss(cell.target.loses, outcome)
      : verdictOf([...differences, ...outcome]);
  }

  /** The built command line. */
  private elfreeze(args: readonly string[]): Promise<Called> {
    return new Promise((resolve, reject) => {
      const options = { maxBuffer: 256 << 20, env: { ...process.env, NO_COLOR: '1' }, signal: this.interrupted };
      execFile(process.execPath, [ELFREEZE, ...args], options, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(new LabError(`elfreeze ${args[0]}: ${error.message}`));
        else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  }

  private async baseline(cell: Cell): Promise<Result> {
    const known = this.undisturbed.get(cell.name) ?? this.undisturbedRun(cell, false);
    this.undisturbed.set(cell.name, known);
    return known;
  }

  /** @param pauses stops and continues it once, which no program may notice */
  private async undisturbedRun(cell: Cell, pauses: boolean): Promise<Result> {
    const deadline = performance.now() + DEADLINE_MS;
    const executable = await this.compiler.executable(cell);
    const { start: starter } = await this.compiler.tools();
    const scratch = await temporaryDirectory({ prefix: 'elfreeze-lab-', unsafeCleanup: true });
    try {
      const work = await workDirectory(cell, scratch.path);
      await using target = await Running.start({
        starter,
        executable,
        args: cell.target.args ?? [],
        cwd: work,
        env: ENVIRONMENT,
        dir: scratch.path,
        role: 'target',
        interrupted: this.interrupted,
      });
      await untilReady(cell, target, work, deadline);
      if (pauses) {
        target.signal('SIGSTOP');
        await target.until('stopped', async () => (await target.state()) === 'T', deadline);
        target.signal('SIGCONT');
      }
      await letGo(cell, target, deadline);
      const end = await target.finish(deadline);
      return resultOf(cell, target.output, end, work);
    } finally {
      await cleanUp(scratch);
    }
  }
}

const reportOf = (
  cell: Cell,
  verdict: Verdict,
  start: number,
  evidence: Evidence,
  options: '' | ' --undisturbed',
): CellReport => ({
  cell: cell.name,
  verdict,
  milliseconds: Math.round(performance.now() - start),
  evidence,
  rerun: `${join(ROOT, 'bin/elfreeze-lab')} run '${cell.name}'${options}`,
});

async function cleanUp(scratch: DirectoryResult): Promise<void> {
  await scratch.cleanup();
}

async function workDirectory(cell: Cell, scratch: string): Promise<string> {
  const work = join(scratch, 'work');
  await mkdir(work);
  const { input } = cell.target;
  if (input) await writeFile(join(work, input.name), deterministicText(input.bytes));
  return work;
}

/** Text that compresses neither well nor badly, the same each time. */
function deterministicText(bytes: number): Buffer {
  const text = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text[at] = 97 + ((state >>> 24) % 7) + (at % 64 === 0 ? 13 : 0);
  }
  return text;
}

async function untilReady(cell: Cell, target: Running, work: string, deadline: number): Promise<void> {
  const { begun, waits } = cell.target;
  const file = begun === undefined ? undefined : join(work, begun);
  await target.until(
    'ready',
    () => (file === undefined ? target.output.includes('ready\n') : existsSync(file) && statSync(file).size > 0),
    deadline,
  );
  // It has said so just before it began to wait.
  if (waits === 'stdin' || waits === 'signal' || waits === 'itself')
    await target.until('waiting', async () => (await target.state()) === 'S', deadline);
  if (waits === 'spin') {
    // Between its word and its loop lie microseconds of its own processor time: two ticks later it is in the loop.
    const ticks = await target.ticks();
    await target.until('spinning', async () => (await target.ticks()) >= ticks + 2, deadline);
  }
}

async function letGo(cell: Cell, running: Running, deadline: number): Promise<void> {
  switch (cell.target.waits) {
    case 'stdin':
      return running.writeLine('go');
    case 'signal':
      // A signal before it is back in its system call would be taken by no one.
      await running.until('waiting', async () => (await running.state()) === 'S', deadline);
      return running.signal('SIGUSR1');
    case 'spin':
    case 'loop':
      return running.signal('SIGUSR1');
    case 'itself':
    case 'work':
      return;
  }
}

interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const EX_UNAVAILABLE = 69;

function refusal(cell: Cell, { status, stderr }: Called): Verdict {
  const { limits } = cell.target;
  if (
    limits !== undefined &&
    status === EX_UNAVAILABLE &&
    stderr.includes(limits) &&
    documentedLimits().includes(limits)
  ) {
    return { outcome: 'unsupported', feature: limits };
  }
  return verdictOf([{ kind: 'freeze', at: `exit ${status}`, before: 'frozen', after: stderr.trim() }]);
}

function loss(limit: string, outcome: readonly Difference[]): Verdict {
  if (outcome.length > 0 && documentedLimits().includes(limit)) return { outcome: 'unsupported', feature: limit };
  if (outcome.length > 0) return verdictOf(outcome);
  return verdictOf([
    { kind: 'limits', at: limit, before: 'the fact is lost', after: 'it holds: docs/limits.md and the row are wrong' },
  ]);
}

function documentedLimits(): string {
  const page = join(ROOT, 'docs/limits.md');
  return existsSync(page) ? readFileSync(page, 'utf8') : '';
}

const checkCalled = (kind: string, { status, stdout, stderr }: Called): Difference[] =>
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

const check = (kind: string, before: string, after: string): Difference[] =>
  before === after ? [] : [{ kind, at: '', before, after }];

function resultOf(cell: Cell, output: string, end: End, work: string): Result {
  const files = (cell.target.results ?? []).map((name) => {
    const path = join(work, name);
    return [
      name,
      existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'missing',
    ] as const;
  });
  return { output, end: formatEnd(end), files: Object.fromEntries(files) };
}

function compareResults(expected: Result, result: Result): Difference[] {
  const line = firstDifferingLine(expected.output, result.output);
  return [
    ...(line ? [line] : []),
    ...check('end', expected.end, result.end),
    ...Object.entries(expected.files).flatMap(([name, digest]) =>
      check(`file ${name}`, digest, result.files[name] ?? 'missing'),
    ),
  ];
}

function firstDifferingLine(was: string, is: string): Difference | undefined {
  if (was === is) return undefined;
  const [before, after] = [was.split('\n'), is.split('\n')];
  const at = before.findIndex((line, index) => line !== after[index]);
  const line = at === -1 ? before.length : at;
  return { kind: 'output', at: `line ${line + 1}`, before: before[line] ?? 'nothing', after: after[line] ?? 'nothing' };
}
