import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cell } from '../cell.ts';
import type { Compiler } from '../compile.ts';
import type { Look } from '../judge/look.ts';
import { readLook } from '../judge/read-look.ts';
import { readSegments, type Segment } from '../judge/segments.ts';
import { lacksArch } from '../i386.ts';
import { OWNER_VARIABLE } from '../owner.ts';
import { ELFREEZE } from '../root.ts';
import { LabError, Running } from '../running.ts';
import { call, type CallOptions, packDirectory, unpackDirectory } from './call.ts';
import type { CommandSaid, Fact, Hands, LookOptions, Program, ProgramStart } from './hands.ts';
import { lacksPidNamespaces } from './namespaces.ts';
import { LocalProgram, PATIENCE_MS } from './local-program.ts';
import { findStoppedIn, findSupervised, type Question, questionOf } from './process.ts';

const POLL_MS = 2;

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
    if (cell.target.onlyRoot !== undefined && process.getuid?.() !== 0) return cell.target.onlyRoot;
    return lacksArch(cell.arch) ?? this.tools.lacks(cell) ?? (cell.target.keepsPid ? lacksPidNamespaces() : undefined);
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

  async elfreeze(args: readonly string[]): Promise<CommandSaid> {
    const { status, stdout, stderr } = await call(process.execPath, [ELFREEZE, ...args], this.options());
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
    return packDirectory(path, this.options());
  }

  unpack(path: string, archive: Uint8Array): Promise<void> {
    return unpackDirectory(path, archive, this.options());
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

  supervised(pid: number): Promise<number> {
    return findSupervised(pid);
  }

  async waitFor(pid: number, fact: Exclude<Fact, { kind: 'said' }>): Promise<void> {
    await this.until(`${Object.values(fact).join(' ')} (process ${pid})`, await questionOf({ pid }, fact));
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

  private options(): CallOptions {
    return {
      env: { ...process.env, NO_COLOR: '1', [OWNER_VARIABLE]: this.owner },
      interrupted: this.interrupted,
    };
  }
}

async function digestOf(path: string): Promise<string> {
  if (!existsSync(path)) return 'missing';
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
