import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DirectoryResult, dir as temporaryDirectory } from 'tmp-promise';
import { ELFREEZE, ROOT } from '../root.ts';
import { LabError, Running, type Start } from '../running.ts';

const run = promisify(execFile);

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
type Interrupt = keyof typeof SIGNALS;
const COMPILE = ['-std=gnu11', '-O1', '-g', '-Wall', '-Wextra'];
const TOOLS = { start: 'lab/start.c', peek: 'lab/judge/peek.c' } as const;

/** What a command line said. */
export interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * One directory, the programs compiled into it, and the processes that were started there: they go together, on an
 * interrupt too. The cache of the checkout is not used, as it may be another user's.
 */
export class Workbench implements AsyncDisposable {
  readonly dir: string;
  private readonly cleanup: DirectoryResult['cleanup'];
  private readonly aborter = new AbortController();
  private readonly processes = new Set<Running>();
  private readonly programs = new Map<string, Promise<string>>();
  private interrupt: Interrupt | undefined;
  private kept = false;

  private constructor({ path, cleanup }: DirectoryResult) {
    this.dir = path;
    this.cleanup = cleanup;
    for (const name of Object.keys(SIGNALS)) process.once(name, this.onSignal);
  }

  /** @param parent where its directory goes; else where temporary files go */
  static async open(name: string, parent?: string): Promise<Workbench> {
    const where = parent === undefined ? {} : { tmpdir: parent };
    return new Workbench(await temporaryDirectory({ prefix: `elfreeze-${name}-`, unsafeCleanup: true, ...where }));
  }

  /** What happens after it is torn down on its way; a second signal ends the lab at once. */
  private readonly onSignal = (name: Interrupt): void => {
    this.interrupt = name;
    this.aborter.abort();
  };

  /** All that waits here fails soon after this turned true: not a failure worth telling. */
  get isInterrupted(): boolean {
    return this.interrupt !== undefined;
  }

  /** Aborted by an interrupt. */
  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** Leaves the directory where it is. */
  keep(): void {
    this.kept = true;
  }

  /** @param source from the top of the checkout. @returns the executable's path */
  async compile(source: string, name: string, flags: readonly string[] = []): Promise<string> {
    const path = join(this.dir, name);
    const under =
      this.programs.get(path) ??
      run('gcc', [...COMPILE, ...flags, join(ROOT, source), '-o', path], { signal: this.signal }).then(() => path);
    this.programs.set(path, under);
    return under;
  }

  /** The lab's eye. */
  readonly peek = (): Promise<string> => this.compile(TOOLS.peek, 'peek');

  async start(start: Omit<Start, 'starter' | 'interrupted'>): Promise<Running> {
    const starter = await this.compile(TOOLS.start, 'start');
    if (this.isInterrupted) throw new LabError('interrupted');
    const running = await Running.start({ ...start, starter, interrupted: this.signal });
    this.processes.add(running);
    void running.ended.then(() => this.processes.delete(running));
    return running;
  }

  /** The built command line. @throws when it cannot be run, or was interrupted */
  readonly elfreeze = (...args: string[]): Promise<Called> => this.call(process.execPath, [ELFREEZE, ...args]);

  call(program: string, args: readonly string[]): Promise<Called> {
    const options = { maxBuffer: 256 << 20, env: { ...process.env, NO_COLOR: '1' }, signal: this.signal };
    return new Promise((resolve, reject) => {
      execFile(program, args, options, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(new LabError(`${program}: ${error.message}`));
        else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Their owners let go of them too, but perhaps only after this.
    for (const running of this.processes) running.signal('SIGKILL');
    await Promise.all([...this.processes].map(({ ended }) => ended));
    if (!this.kept || this.isInterrupted) await this.cleanup();
    for (const name of Object.keys(SIGNALS)) process.off(name, this.onSignal);
    // Whoever started us sees the end it asked for.
    if (this.interrupt) process.kill(process.pid, this.interrupt);
  }
}
