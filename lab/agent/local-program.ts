import { formatEnd, type Running } from '../running.ts';
import type { Ended, Fact, Program } from './hands.ts';
import { questionOf } from './process.ts';

/** Long enough for a loaded machine: what it guards against is waiting for ever. */
export const PATIENCE_MS = 180_000;

/** A program that the hands here started. */
export class LocalProgram implements Program {
  readonly pid: number;
  private readonly running: Running;

  constructor(running: Running) {
    this.running = running;
    this.pid = running.pid;
  }

  async until(fact: Fact): Promise<void> {
    const question =
      fact.kind === 'said' ? () => this.running.output.includes(fact.text) : await questionOf(this.running, fact);
    await this.running.until(Object.values(fact).join(' '), question, performance.now() + PATIENCE_MS);
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    this.running.signal(signal);
  }

  async writeLine(line: string): Promise<void> {
    this.running.writeLine(line);
  }

  async hasEnded(): Promise<boolean> {
    return this.running.hasEnded;
  }

  async finish(): Promise<Ended> {
    const end = await this.running.finish(performance.now() + PATIENCE_MS);
    return { end: formatEnd(end), output: this.running.output };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.running[Symbol.asyncDispose]();
  }
}
