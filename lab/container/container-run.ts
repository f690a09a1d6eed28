import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Ended } from '../agent/hands.ts';
import { PATIENCE_MS } from '../agent/local-program.ts';
import { LabError } from '../running.ts';

const POLL_MS = 2;

/** A container's one process as its engine sees it: input, output, end. Removed on every path out of scope. */
export class ContainerRun implements AsyncDisposable {
  readonly container: Docker.Container;
  private readonly docker: Docker;
  private readonly interrupted: AbortSignal;
  private output = '';
  private complaints = '';
  private input: NodeJS.ReadWriteStream | undefined;
  private drained: Promise<unknown> = Promise.resolve();
  private ended: Promise<number> | undefined;
  private status: number | undefined;

  private constructor(docker: Docker, container: Docker.Container, interrupted: AbortSignal) {
    this.docker = docker;
    this.interrupted = interrupted;
    this.container = container;
  }

  static async create(
    docker: Docker,
    options: Docker.ContainerCreateOptions,
    interrupted: AbortSignal,
  ): Promise<ContainerRun> {
    return new ContainerRun(docker, await docker.createContainer(options), interrupted);
  }

  /** Attached and waited for first, so that nothing of it is missed. */
  async start(): Promise<void> {
    const attach = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true } as const;
    this.input = await this.container.attach(attach);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    this.docker.modem.demuxStream(this.input, stdout, stderr);
    stdout.setEncoding('latin1').on('data', (text: string) => (this.output += text));
    stderr.setEncoding('latin1').on('data', (text: string) => (this.complaints += text));
    this.drained = finished(this.input, { writable: false });
    this.ended = (this.container.wait({ condition: 'next-exit' }) as Promise<{ StatusCode: number }>).then(
      ({ StatusCode }) => (this.status = StatusCode),
    );
    for (const each of [this.drained, this.ended]) each.catch(() => undefined);
    await this.container.start();
  }

  get hasEnded(): boolean {
    return this.status !== undefined;
  }

  write(text: string): void {
    this.input?.write(text);
  }

  async saying(text: string): Promise<void> {
    while (!this.output.includes(text)) await delay(POLL_MS, undefined, { signal: this.interrupted });
  }

  /** @throws LabError when the process ends before `waiting` is over, or time is */
  unlessEnded<T>(what: string, waiting: Promise<T>): Promise<T> {
    const early = this.ended!.then(async (status) => {
      await this.drained;
      throw new LabError(`it ended (exit ${status}) before it was ${what}: ${this.console()}`);
    });
    return this.inTime(what, Promise.race([waiting, early]));
  }

  /** @throws LabError when time is up */
  async finish(): Promise<Ended> {
    const status = await this.inTime('at its end', this.ended!);
    await this.drained;
    return { end: `exit ${status}`, output: this.output, asShells: true };
  }

  private async inTime<T>(what: string, waiting: Promise<T>): Promise<T> {
    const timer = new AbortController();
    const signal = AbortSignal.any([timer.signal, this.interrupted]);
    const late = delay(PATIENCE_MS, undefined, { signal }).then(
      () => {
        throw new LabError(`it was not ${what} in time: ${this.console()}`);
      },
      () => {
        if (this.interrupted.aborted) throw new LabError('interrupted');
        return waiting;
      },
    );
    try {
      return await Promise.race([waiting, late]);
    } finally {
      timer.abort();
    }
  }

  private console(): string {
    return [this.output, this.complaints]
      .map((text) => text.trim().slice(-2000))
      .filter((text) => text !== '')
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }
}
