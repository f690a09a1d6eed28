import { setTimeout as delay } from 'node:timers/promises';
import type { Ended, Fact, Program } from '../agent/hands.ts';
import { formatEnd, LabError } from '../running.ts';
import type { GuestProcess } from './guest-process.ts';
import { GuestError, type Vm } from './vm.ts';

const POLL_MS = 2;
/** Long enough for a loaded machine that runs a guest without hardware's help. */
const PATIENCE_MS = 120_000;

/** A program in a guest, as the lab leads it. */
export class GuestProgram implements Program {
  private readonly vm: Vm;
  private readonly process: GuestProcess;
  /** What it was started with, see begun. */
  private readonly starter: string;

  constructor(vm: Vm, process: GuestProcess, starter: string) {
    this.vm = vm;
    this.process = process;
    this.starter = starter;
  }

  get pid(): number {
    return this.process.pid;
  }

  async until(fact: Fact): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    const holds = await this.questionOf(fact);
    const what = Object.values(fact).join(' ');
    while (!(await holds())) {
      const { end } = this.process;
      if (end) throw new LabError(`it ended (${formatEnd(end)}) before it was ${what}: ${this.process.tail()}`);
      if (performance.now() > deadline) throw new LabError(`it was not ${what} in time: ${this.process.tail()}`);
      await delay(POLL_MS);
    }
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    this.process.signal(signal);
  }

  async writeLine(line: string): Promise<void> {
    this.process.writeLine(line);
  }

  async hasEnded(): Promise<boolean> {
    return this.process.end !== undefined;
  }

  async finish(): Promise<Ended> {
    const end = await this.vm.endOf(this.process, PATIENCE_MS);
    return { end: formatEnd(end), output: this.process.said().stdout.toString('latin1') };
  }

  /** What it wrote to standard error. */
  get stderr(): string {
    return this.process.said().stderr.toString('latin1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.end || this.vm.hasFailed) return;
    this.process.kill('SIGKILL');
    await this.vm.endOf(this.process, PATIENCE_MS);
  }

  private async questionOf(fact: Fact): Promise<() => Promise<boolean>> {
    switch (fact.kind) {
      case 'said':
        return async () => this.process.said().stdout.includes(fact.text);
      case 'wrote':
        return async () => (await this.orNone(() => this.vm.read(fact.path, 0n, 1n))).length > 0;
      case 'state':
        return async () => (await this.stat())[0] === fact.letter;
      case 'worked': {
        const before = await this.ticks();
        return async () => (await this.ticks()) >= before + fact.ticks;
      }
      case 'begun':
        return async () => (await this.vm.readLink(`/proc/${this.pid}/exe`)) !== this.starter;
    }
  }

  /** Fields of /proc/PID/stat from the third on; none of a process that is no more. @source proc_pid_stat(5) */
  private async stat(): Promise<string[]> {
    const text = (await this.orNone(() => this.vm.read(`/proc/${this.pid}/stat`))).toString('latin1');
    return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
  }

  /** Processor time it has used, in clock ticks. */
  private async ticks(): Promise<number> {
    const fields = await this.stat();
    return Number(fields[11]) + Number(fields[12]);
  }

  private async orNone(read: () => Promise<Buffer>): Promise<Buffer> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      return Buffer.alloc(0);
    }
  }
}
