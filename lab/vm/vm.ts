import { setTimeout as delay } from 'node:timers/promises';
import { type End, LabError } from '../running.ts';
import { type Device } from './devices.ts';
import { CHUNK, encodeNumber, encodeOffset, encodeWords, type Frame, KIND, numberOf } from './frames.ts';
import { GuestProcess, type Said } from './guest-process.ts';
import { Line } from './line.ts';
import { Machine } from './machine.ts';

export interface Boot {
  /** A bzImage. */
  readonly kernel: string;
  /** An archive whose /init is guest/guest.c. */
  readonly initramfs: string;
  readonly devices: readonly Device[];
  /** Other limits than usual. */
  readonly limits?: Partial<Limits>;
}

/** Milliseconds. Long enough for a loaded machine: what they guard against is waiting for ever. */
export interface Limits {
  readonly boot: number;
  readonly answer: number;
  readonly command: number;
}

export interface Command {
  readonly words: readonly string[];
  readonly cwd?: string;
  /** What it sees as /. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ran extends Said {
  readonly end: End;
}

const LIMITS: Limits = { boot: 120_000, answer: 120_000, command: 240_000 };
const NONE = Buffer.alloc(0);

interface Answer {
  /** An errno, or 0. */
  readonly status: number;
  readonly bytes: Buffer;
}

/**
 * A guest that runs another kernel. Own it with `await using`. Whatever is wrong with the guest itself (no boot, a panic, no
 * answer) is a GuestFailure with the end of its console: it says nothing about the program that was run.
 */
export class Vm implements AsyncDisposable {
  private readonly machine: Machine;
  private readonly limits: Limits;
  private readonly line: Line;
  private readonly waiting = new Map<number, { bytes: Buffer[]; resolve: (answer: Answer) => void }>();
  private readonly processes = new Map<number, GuestProcess>();
  private readonly greeting: Promise<void>;
  private greeted: () => void = () => undefined;
  private readonly failed: Promise<never>;
  private fail: (error: LabError) => void = () => undefined;
  /** Whatever is asked of it from now on fails. */
  hasFailed = false;
  private lastId = 0;
  private lastPut: Promise<unknown> = Promise.resolve();

  private constructor(machine: Machine, limits: Limits) {
    this.machine = machine;
    this.limits = limits;
    this.greeting = new Promise((resolve) => (this.greeted = resolve));
    this.failed = new Promise((_, reject) => (this.fail = reject));
    // Whoever waits for something hears of it there.
    this.failed.catch(() => (this.hasFailed = true));
    const take = (frame: Frame) => this.take(frame);
    this.line = new Line(machine.line, machine.memory, take, (error) => this.fail(this.error(error.message)));
    void machine.ended.then(() => this.fail(this.error('the guest ended by itself')));
  }

  static async start({ kernel, initramfs, devices, limits }: Boot, interrupted: AbortSignal): Promise<Vm> {
    const machine = await Machine.start(devices, kernel, initramfs);
    const vm = new Vm(machine, { ...LIMITS, ...limits });
    const interrupt = () => vm.fail(new LabError('interrupted'));
    interrupted.addEventListener('abort', interrupt, { once: true });
    if (interrupted.aborted) interrupt();
    try {
      await vm.within(vm.greeting, vm.limits.boot, 'the guest did not boot');
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
    return vm;
  }

  /** The process of QEMU. */
  get pid(): number {
    return this.machine.pid;
  }

  /** The end of what its kernel had to say. */
  get console(): string {
    return this.machine.console;
  }

  async put(path: string, bytes: Buffer, mode: number): Promise<void> {
    // One file at a time, see KIND.PUT.
    const put = this.lastPut.then(() => this.putNow(path, bytes, mode));
    this.lastPut = put.catch(() => undefined);
    return put;
  }

  private async putNow(path: string, bytes: Buffer, mode: number): Promise<void> {
    const header = Buffer.concat([encodeNumber(mode), encodeWords([path])]);
    const id = ++this.lastId;
    void this.line.send({ id, kind: KIND.PUT, payload: header });
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const sent = this.line.send({ id, kind: KIND.DATA, payload: bytes.subarray(at, at + CHUNK) });
      await this.within(sent, this.limits.answer, 'the guest takes no more bytes');
    }
    await this.ask(`write ${path}`, KIND.DONE, NONE, id);
  }

  /** A file, or at most `length` bytes of it from `offset` on. */
  read(path: string, offset = 0n, length = 1n << 62n): Promise<Buffer> {
    const payload = Buffer.concat([encodeOffset(offset), encodeOffset(length), encodeWords([path])]);
    return this.ask(`read ${path}`, KIND.READ, payload);
  }

  async readLink(path: string): Promise<string> {
    return (await this.ask(`read the link ${path}`, KIND.LINK, encodeWords([path]))).toString();
  }

  async list(path: string): Promise<string[]> {
    const names = (await this.ask(`list ${path}`, KIND.LIST, encodeWords([path]))).toString().split('\0');
    return names.slice(0, -1);
  }

  /** A folder, with those that it lies in. */
  async makeFolder(path: string): Promise<void> {
    await this.ask(`make ${path}`, KIND.MAKE, encodeWords([path]));
  }

  /** A module of its kernel. @param path in the guest */
  async load(path: string): Promise<void> {
    await this.ask(`load ${path}`, KIND.LOAD, encodeWords([path]));
  }

  /** A file, or a folder with all that is in it. */
  async remove(path: string): Promise<void> {
    await this.ask(`remove ${path}`, KIND.REMOVE, encodeWords([path]));
  }

  /** Starts a program in a session of its own, with pipes. @param input a file of the guest instead of a pipe */
  async start({ words, cwd = '/', root = '', env = {} }: Command, input = ''): Promise<GuestProcess> {
    const id = ++this.lastId;
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const payload = encodeWords([root, cwd, input, String(words.length), ...words, ...variables]);
    const process = new GuestProcess(id, (frame) => this.line.send(frame));
    this.processes.set(id, process);
    void this.line.send({ id, kind: KIND.START, payload });
    await this.within(process.started, this.limits.answer, `${words[0]} was not started`);
    return process;
  }

  /** Runs a program to its end. @throws LabError past its time limit: then its process group has been killed */
  async run(command: Command, stdin: Buffer = NONE, timeLimitMs = this.limits.command): Promise<Ran> {
    const process = await this.start(command);
    await this.within(process.feed(stdin), this.limits.answer, 'the guest takes no more bytes');
    process.closeInput();
    const end = await this.endOf(process, timeLimitMs);
    return { ...process.said(), end };
  }

  /** @throws LabError as run does */
  async endOf(process: GuestProcess, timeLimitMs: number): Promise<End> {
    const over = new AbortController();
    const tooLate = delay(timeLimitMs, 'late' as const, { signal: over.signal }).catch(() => 'over' as const);
    try {
      const first = await this.orFailed(Promise.race([process.ended, tooLate]));
      if (typeof first === 'object') return first;
    } finally {
      over.abort();
    }
    process.kill('SIGKILL');
    await this.within(process.ended, this.limits.answer, 'the guest hangs: it does not even kill');
    throw new LabError(`not at its end after ${timeLimitMs} ms, and killed: ${process.tail()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine[Symbol.asyncDispose]();
  }

  private take(frame: Frame): void {
    if (frame.kind === KIND.HELLO) return this.greeted();
    const waiting = this.waiting.get(frame.id);
    if (waiting === undefined) {
      this.processes.get(frame.id)?.take(frame);
      if (frame.kind === KIND.EXIT) this.processes.delete(frame.id);
    } else if (frame.kind === KIND.OUT) {
      waiting.bytes.push(frame.payload);
    } else {
      this.waiting.delete(frame.id);
      waiting.resolve({ status: numberOf(frame.payload), bytes: Buffer.concat(waiting.bytes) });
    }
  }

  private async ask(what: string, kind: number, payload: Buffer, id = ++this.lastId): Promise<Buffer> {
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, { bytes: [], resolve }));
    void this.line.send({ id, kind, payload });
    const { status, bytes } = await this.within(answered, this.limits.answer, `no answer: ${what}`);
    if (status !== 0) throw new GuestError(what, status);
    return bytes;
  }

  private orFailed<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.failed]);
  }

  private async within<T>(promise: Promise<T>, milliseconds: number, otherwise: string): Promise<T> {
    const over = new AbortController();
    // A guest that is late once is given up.
    const limit = delay(milliseconds, undefined, { signal: over.signal }).then(
      () => this.giveUp(otherwise),
      () => new Promise<never>(() => undefined),
    );
    try {
      return await this.orFailed(Promise.race([promise, limit]));
    } finally {
      over.abort();
    }
  }

  private giveUp(what: string): Promise<never> {
    this.fail(this.error(what));
    return this.failed;
  }

  private error(what: string): GuestFailure {
    return new GuestFailure(what, this.machine.console);
  }
}

/** The guest itself does not work. */
export class GuestFailure extends LabError {
  readonly what: string;
  /** The end of what its kernel, and QEMU, had to say. */
  readonly console: string;

  constructor(what: string, console: string) {
    super(console === '' ? what : `${what}; its console:\n${console}`);
    this.what = what;
    this.console = console;
  }
}

/** The guest works, and says no. */
export class GuestError extends LabError {
  readonly errno: number;

  constructor(what: string, errno: number) {
    super(`the guest cannot ${what}: errno ${errno}`);
    this.errno = errno;
  }
}
