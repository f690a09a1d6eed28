import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cell } from '../cell.ts';
import type { Compiler } from '../compile.ts';
import type { Look } from '../judge/look.ts';
import { readLook } from '../judge/read-look.ts';
import { readSegments, type Segment } from '../judge/segments.ts';
import { OWNER_VARIABLE } from '../owner.ts';
import { ELFREEZE } from '../root.ts';
import { LabError, Running } from '../running.ts';
import type { Called, Hands, LookOptions, Program, ProgramStart } from './hands.ts';
import { LocalProgram, PATIENCE_MS } from './local-program.ts';
import { findStoppedIn, type Question, questionOf } from './process.ts';

const POLL_MS = 2;
const MAX_OUTPUT = 1 << 30;

/** Hands on the machine that this code runs on. */
export class LocalHands implements Hands {
  private readonly tools: Compiler;
  private readonly owner: string;
  private readonly interrupted: AbortSignal;

  /**
   * @param owner whom the processes that are started belong to
   * @param interrupted ends what is under way: everything started is killed
   */
  constructor(tools: Compiler, owner: string, interrupted: AbortSignal) {
    this.tools = tools;
    this.owner = owner;
    this.interrupted = interrupted;
  }

  async lacks(cell: Cell): Promise<string | undefined> {
    return this.tools.lacks(cell);
  }

  async compiler(): Promise<string> {
    return this.tools.name;
  }

  executable(cell: Cell): Promise<string> {
    return this.tools.executable(cell);
  }

  async start({ env, ...rest }: ProgramStart): Promise<Program> {
    const { start: starter } = await this.tools.tools();
    const mine = { ...env, [OWNER_VARIABLE]: this.owner };
    return new LocalProgram(await Running.start({ ...rest, env: mine, starter, interrupted: this.interrupted }));
  }

  async look(pid: number, { memory, peek }: LookOptions): Promise<Look> {
    return readLook(pid, memory, peek ? (await this.tools.tools()).peek : undefined);
  }

  async elfreeze(args: readonly string[]): Promise<Called> {
    const { status, stdout, stderr } = await this.call(process.execPath, [ELFREEZE, ...args]);
    return { status, stdout: stdout.toString(), stderr: stderr.toString() };
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  }

  writeFile(path: string, bytes: Uint8Array): Promise<void> {
    return writeFile(path, bytes);
  }

  list(path: string): Promise<string[]> {
    return readdir(path);
  }

  async digests(paths: readonly string[]): Promise<Record<string, string>> {
    return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await digestOf(path)] as const)));
  }

  segments(path: string): Promise<Segment[]> {
    return readSegments(path);
  }

  pack(path: string): Promise<Uint8Array> {
    return this.tar(['-C', path, '-S', '-c', '.']);
  }

  async unpack(path: string, archive: Uint8Array): Promise<void> {
    await mkdir(path, { recursive: true });
    await this.tar(['-C', path, '-S', '-x', '-p'], archive);
  }

  async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  async stoppedIn(container: string): Promise<number> {
    let pid: number | undefined;
    const question = async () => (pid = await findStoppedIn(container)) !== undefined;
    await this.until(`stopped in container ${container.slice(0, 12)}`, question);
    return pid!;
  }

  async waitState(pid: number, letter: string): Promise<void> {
    await this.until(`in state ${letter} (process ${pid})`, await questionOf({ pid }, { kind: 'state', letter }));
  }

  async signal(pid: number, signal: NodeJS.Signals): Promise<void> {
    process.kill(pid, signal);
  }

  private async until(what: string, question: Question): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await question())) {
      if (this.interrupted.aborted) throw new LabError('interrupted');
      if (performance.now() > deadline) throw new LabError(`not ${what} in time`);
      await delay(POLL_MS);
    }
  }

  private async tar(args: readonly string[], input?: Uint8Array): Promise<Buffer> {
    const { status, stdout, stderr } = await this.call('tar', args, input);
    if (status !== 0) throw new LabError(`tar ${args.join(' ')}: ${stderr.toString()}`);
    return stdout;
  }

  private call(program: string, args: readonly string[], input?: Uint8Array): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const env = { ...process.env, NO_COLOR: '1', [OWNER_VARIABLE]: this.owner };
      const options = { maxBuffer: MAX_OUTPUT, encoding: 'buffer', env, signal: this.interrupted } as const;
      const child = execFile(program, args, options, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(new LabError(`${program} ${args[0]}: ${error.message}`));
        else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
      });
      // A program that ends without reading it says so by its status.
      child.stdin?.on('error', () => undefined).end(input);
    });
  }
}

interface Ran {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

async function digestOf(path: string): Promise<string> {
  if (!existsSync(path)) return 'missing';
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
