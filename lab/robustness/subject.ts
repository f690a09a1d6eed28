import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Flavour, target, tool } from './programs.ts';
import { childrenOf, type Process, processesOf, stateOf, tracerOf, until } from './processes.ts';

const run = promisify(execFile);

/** What a subject does when it is frozen, and what reaches it there. */
export const KINDS = {
  steady: 'line',
  sleep: 'SIGUSR1',
  read: 'stdin',
  poll: 'stdin',
  pause: 'SIGUSR1',
  vdso: 'SIGUSR1',
  altstack: 'SIGUSR1',
  deep: 'SIGUSR1',
  coroutine: 'SIGUSR1',
  storm: 'SIGUSR1',
  sigwait: 'SIGUSR1',
  semop: 'SIGUSR1',
  threads: 'SIGUSR1',
  holding: 'SIGUSR1',
  watching: 'SIGUSR1',
} as const;
export type Kind = keyof typeof KINDS;

const APART = { pid: '--apart', user: '--apart-user', mount: '--apart-mount' } as const;

export interface SubjectStart {
  readonly flavour: Flavour;
  /** Its first argument. */
  readonly kind: string;
  readonly args?: readonly string[];
  /** Where its input and output lie. */
  readonly dir: string;
  /** Its C program, when not subject.c. */
  readonly program?: 'subject' | 'holds' | 'stress' | 'beside' | 'sparse' | 'memories' | 'outside';
  readonly cwd?: string;
  /** The user to be, when not the lab's own. */
  readonly uid?: number;
  /** On one processor: the kernel writes the current one's number into the memory of a program with rseq. */
  readonly pinned?: boolean;
  /** With an end of a pipe, one of a pair of sockets and a file that its parent leaves open in it: watch.c. */
  readonly leaking?: boolean;
  /** Its parent is pid 1 of a namespace of its own, in a user namespace too, or its working directory is mounted for it alone: watch.c. */
  readonly apart?: keyof typeof APART;
}

type Under = Pick<SubjectStart, 'dir' | 'uid' | 'pinned' | 'leaking' | 'apart' | 'cwd'>;

let started = 0;

/** A process that must not notice anything, and the parent that tells of every signal it sees. Own it with `await using`. */
export class Subject implements AsyncDisposable {
  readonly pid: number;
  /** Its process name, which all copies of it bear too. */
  readonly name: string;
  readonly path: string;
  private readonly parent: ChildProcess;
  private readonly input: number;
  private readonly outputPath: string;
  private readonly told: { text: string };

  private constructor(
    pid: number,
    name: string,
    path: string,
    parent: ChildProcess,
    input: number,
    outputPath: string,
    told: { text: string },
  ) {
    this.pid = pid;
    this.name = name;
    this.path = path;
    this.parent = parent;
    this.input = input;
    this.outputPath = outputPath;
    this.told = told;
  }

  static async start({ flavour, kind, args = [], program = 'subject', ...under }: SubjectStart): Promise<Subject> {
    const name = `ef${process.pid}-${++started}`;
    const subject = await Subject.run(await target(program, flavour), [kind, name, ...args], name, under);
    await until(
      'ready',
      () => (subject.output.startsWith('ready\n') ? true : undefined),
      () => subject.console(),
    );
    return subject;
  }

  /** Runs an image that starts stopped under a parent of its own, and lets it go on once all of it is there again. */
  static async continue(
    image: string,
    from: Subject,
    under: Under,
    env: Readonly<Record<string, string>> = { ELFREEZE_STOP: '1' },
  ): Promise<Subject> {
    const continued = await Subject.run(image, [], from.name, under, env);
    await until(
      'restored',
      () => stateOf(continued.pid) === 'T' || undefined,
      () => continued.look(),
    );
    continued.signal('SIGCONT');
    return continued;
  }

  private static async run(
    path: string,
    args: readonly string[],
    name: string,
    { dir, uid, cwd = dir, pinned = false, leaking = false, apart }: Under,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Subject> {
    const files = join(dir, `${name}-${++started}`);
    await run('mkfifo', ['-m', '666', `${files}.in`]);
    const input = openSync(`${files}.in`, constants.O_RDWR | constants.O_NONBLOCK);
    const as = [
      ...(pinned ? ['taskset', '-c', '0'] : []),
      ...(uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']),
    ];
    const apartness = apart === undefined ? [] : [APART[apart]];
    const watch = [await tool('watch'), ...apartness, ...(leaking ? ['--leak'] : [])];
    const [command = '', ...rest] = [...as, ...watch, `${files}.in`, `${files}.out`, path, ...args];
    const parent = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd,
      env: { PATH: '/usr/bin:/bin', ...env },
    });
    const told = { text: '' };
    parent.stdout.setEncoding('latin1').on('data', (text: string) => (told.text += text));
    const ownPid = await until(
      'started',
      () => /^child (\d+)$/m.exec(told.text)?.[1],
      () => told.text,
    );
    const pid = apart === undefined || apart === 'mount' ? ownPid : childrenOf(Number(childrenOf(parent.pid ?? 0)));
    return new Subject(Number(pid), name, path, parent, input, `${files}.out`, told);
  }

  get output(): string {
    try {
      return readFileSync(this.outputPath, 'latin1');
    } catch {
      return ''; // not made yet
    }
  }

  /** Complete lines, without `ready`. */
  get lines(): string[] {
    return this.output
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== 'ready');
  }

  /** Every signal that its parent got, and every change that it could wait for. */
  get events(): string[] {
    return this.told.text.split('\n').slice(1, -1);
  }

  console(): string {
    return `${this.output.slice(-500)} ${this.events.join(', ')}`;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Gives it something to do, and waits until it has done it. */
  async poke(kind: Kind): Promise<void> {
    const before = this.lines.length;
    if (KINDS[kind] === 'stdin') writeSync(this.input, 'x');
    else if (KINDS[kind] === 'SIGUSR1') this.signal('SIGUSR1');
    await until(
      'going on',
      () => this.lines.length > before || undefined,
      () => `${this.console()} (state ${stateOf(this.pid)})`,
    );
  }

  /**
   * Waits until nothing is left of a freeze: no tracer, no stop, no copy, no child. A dead copy may wait for init, which
   * reaps in its own time: the end of the test waits for that.
   */
  async settled(state: 'runs' | 'stopped' = 'runs'): Promise<void> {
    const wanted = (): boolean =>
      'Tt'.includes(stateOf(this.pid)) === (state === 'stopped') && tracerOf(this.pid) === 0;
    // Stopped in the middle of a freeze that died, it can only wait for its child when it is continued.
    const reaped = (): boolean => state === 'stopped' || childrenOf(this.pid) === '';
    const fine = (each: Process): boolean => each.pid === this.pid || (each.state === 'Z' && each.parent !== this.pid);
    const alone = (): boolean =>
      processesOf(this.name).every((each) => fine(each) || (state === 'stopped' && each.state === 'Z')) && reaped();
    await until(
      `alone and ${state}`,
      () => (wanted() && alone()) || undefined,
      () => this.look(),
    );
  }

  /** State, tracer, children and relatives, for a report. */
  look(): string {
    const relatives = processesOf(this.name).map(({ pid, comm, state }) => `${pid} ${comm} ${state}`);
    return `state ${stateOf(this.pid)}, tracer ${tracerOf(this.pid)}, children ${childrenOf(this.pid)}, processes ${relatives.join('; ')}, ${this.console()}`;
  }

  /**
   * Tells it to end. The signal may come just before it begins to read its input: that must not be for ever.
   * @returns its last line
   */
  async finish(): Promise<string> {
    this.signal('SIGUSR2');
    writeSync(this.input, 'x');
    await this.ended();
    return this.lines.at(-1) ?? '';
  }

  /** Waits for its end, however that comes. */
  async ended(): Promise<void> {
    await until(
      'at its end',
      () => this.events.find((event) => /^event (exited|killed)/.test(event)),
      () => this.console(),
    );
  }

  /** Waits until no process of its name is anywhere, zombies included. */
  async gone(): Promise<void> {
    await until(
      'gone',
      () => processesOf(this.name).length === 0 || undefined,
      () => JSON.stringify(processesOf(this.name)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.parent.once('close', resolve));
    if (this.parent.exitCode === null && this.parent.signalCode === null && this.parent.kill('SIGTERM')) await closed;
    closeSync(this.input);
  }
}
