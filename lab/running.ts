import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The world did not do its part in time. */
export class LabError extends Error {
  override readonly name = 'LabError';
}

export interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export const formatEnd = ({ status, signal }: End): string =>
  signal === null ? `exit ${status}` : `killed by ${signal}`;

export interface Start {
  /** The lab's tool that starts it. */
  readonly starter: string;
  readonly executable: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its pipes and its standard error lie. */
  readonly dir: string;
  /** Names of those, so that several processes can share a directory. */
  readonly role: string;
  /** `lines`, if not said: a pipe that lines can be written to, and that does not end. */
  readonly stdin?: 'lines' | 'null';
  /** Whoever runs the lab wants no more of it. */
  readonly interrupted: AbortSignal;
}

const POLL_MS = 2;
const KILLED_MS = 10_000;

/**
 * A process that the lab started, in a session of its own, with named pipes for input and output. Own it with `await using`:
 * it is killed by its pid on every path out of scope. Other programs may trace it meanwhile: libuv asks only for ends.
 */
export class Running implements AsyncDisposable {
  readonly pid: number;
  /** What it was until it became the program. */
  readonly starter: string;
  /** All it has written to standard output. */
  output = '';
  readonly ended: Promise<End>;
  private end: End | undefined;
  private readonly stderrPath: string;
  private readonly input: number;
  private readonly reader: Socket;
  private readonly drained: Promise<void>;
  private readonly interrupted: AbortSignal;

  private constructor(
    child: ChildProcess,
    starter: string,
    input: number,
    reader: Socket,
    stderrPath: string,
    interrupted: AbortSignal,
  ) {
    this.pid = child.pid ?? 0;
    this.starter = starter;
    this.interrupted = interrupted;
    this.input = input;
    this.reader = reader;
    this.stderrPath = stderrPath;
    this.ended = new Promise((resolve) =>
      child.once('exit', (status, signal) => resolve((this.end = { status, signal }))),
    );
    reader.setEncoding('latin1').on('data', (text: string) => (this.output += text));
    this.drained = new Promise((resolve, reject) => reader.once('close', () => resolve()).once('error', reject));
  }

  static async start({ starter, executable, args, cwd, env, dir, role, stdin, interrupted }: Start): Promise<Running> {
    const path = (name: string) => join(dir, `${role}.${name}`);
    await run('mkfifo', [path('in'), path('out')]);
    // Opened for both ways the lab's end neither waits for the other nor lets it see an end of file.
    const input = openSync(path('in'), constants.O_RDWR | constants.O_NONBLOCK);
    const output = openSync(path('out'), constants.O_RDONLY | constants.O_NONBLOCK);
    const ends = [
      openSync(stdin === 'null' ? '/dev/null' : path('in'), constants.O_RDONLY),
      openSync(path('out'), constants.O_WRONLY),
      openSync(path('err'), 'a', 0o600),
    ] as const;
    const child = spawn(starter, [executable, ...args], { cwd, env, detached: true, stdio: [...ends] });
    for (const fd of ends) closeSync(fd);
    const started = new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    const reader = new Socket({ fd: output, readable: true, writable: false });
    const running = new Running(child, starter, input, reader, path('err'), interrupted);
    try {
      await started;
    } catch (cause) {
      reader.destroy();
      closeSync(input);
      throw new LabError(`cannot start ${starter}`, { cause });
    }
    return running;
  }

  /** Waits until `fact` holds. @throws LabError when the process ends first, or time is up */
  async until(what: string, fact: () => Promise<boolean> | boolean, deadline: number): Promise<void> {
    while (!(await fact())) {
      if (this.interrupted.aborted) throw new LabError('interrupted');
      if (this.end)
        throw new LabError(`it ended (${formatEnd(this.end)}) before it was ${what}: ${await this.console()}`);
      if (performance.now() > deadline) throw new LabError(`it was not ${what} in time: ${await this.console()}`);
      await delay(POLL_MS);
    }
  }

  /** The letter of /proc/PID/stat: R, S, T, … */
  async state(): Promise<string> {
    const text = await readFile(`/proc/${this.pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
  }

  /** Processor time it has used, in clock ticks. @source proc_pid_stat(5), fields 14 and 15 */
  async ticks(): Promise<number> {
    const text = await readFile(`/proc/${this.pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  }

  writeLine(line: string): void {
    writeSync(this.input, `${line}\n`);
  }

  /** Does nothing when it has ended: its pid may be another's by now. */
  signal(signal: NodeJS.Signals): void {
    if (!this.end) process.kill(this.pid, signal);
  }

  get hasEnded(): boolean {
    return this.end !== undefined;
  }

  /** Its end, and all its output. @throws LabError when time is up */
  async finish(deadline: number): Promise<End> {
    await this.until('at its end', () => this.end !== undefined, deadline);
    await this.drained;
    return this.ended;
  }

  /** The last of what it wrote, for a report. */
  async console(): Promise<string> {
    const stderr = await readFile(this.stderrPath, 'utf8');
    return [this.output, stderr]
      .map((text) => text.trim().slice(-2000))
      .filter((text) => text !== '')
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGKILL');
    const timeout = AbortSignal.timeout(KILLED_MS);
    await Promise.race([this.ended, delay(KILLED_MS, undefined, { signal: timeout, ref: false })]);
    this.reader.destroy();
    closeSync(this.input);
  }
}
