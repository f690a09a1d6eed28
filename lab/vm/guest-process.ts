import { constants } from 'node:os';
import type { End } from '../running.ts';
import { CHUNK, encodeWords, type Frame, KIND, numberOf } from './frames.ts';

export interface Said {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const TAIL = 2000;

/** A process in a guest, from START to EXIT. */
export class GuestProcess {
  readonly started: Promise<void>;
  readonly ended: Promise<End>;
  pid = 0;
  end: End | undefined;
  private readonly id: number;
  private readonly send: (frame: Frame) => Promise<void>;
  private readonly out: Buffer[] = [];
  private readonly err: Buffer[] = [];
  private tellStarted: () => void = () => undefined;
  private tellEnded: (end: End) => void = () => undefined;

  constructor(id: number, send: (frame: Frame) => Promise<void>) {
    this.id = id;
    this.send = send;
    this.started = new Promise((resolve) => (this.tellStarted = resolve));
    this.ended = new Promise((resolve) => (this.tellEnded = resolve));
  }

  take({ kind, payload }: Frame): void {
    switch (kind) {
      case KIND.PID:
        this.pid = numberOf(payload);
        return this.tellStarted();
      case KIND.OUT:
        this.out.push(Buffer.from(payload));
        return;
      case KIND.ERR:
        this.err.push(Buffer.from(payload));
        return;
      case KIND.EXIT:
        this.end = endOf(numberOf(payload));
        return this.tellEnded(this.end);
    }
  }

  /** All it has written so far. */
  said(): Said {
    return { stdout: Buffer.concat(this.out), stderr: Buffer.concat(this.err) };
  }

  /** The last of what it wrote, for a report. */
  tail(): string {
    const { stdout, stderr } = this.said();
    return [stdout, stderr]
      .map((bytes) => bytes.toString('latin1').trim().slice(-TAIL))
      .filter((text) => text !== '')
      .join('\n');
  }

  /** Onto its standard input. Resolves once it is on its way. */
  async feed(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK)
      await this.send({ id: this.id, kind: KIND.FEED, payload: bytes.subarray(at, at + CHUNK) });
  }

  writeLine(line: string): void {
    void this.feed(Buffer.from(`${line}\n`));
  }

  closeInput(): void {
    void this.send({ id: this.id, kind: KIND.SHUT, payload: Buffer.alloc(0) });
  }

  /** Itself alone. The guest's first process sends nothing to one that has ended. */
  signal(name: NodeJS.Signals): void {
    this.signalTo(this.pid, name);
  }

  /** All of its session that did not leave its process group. */
  kill(name: NodeJS.Signals): void {
    this.signalTo(-this.pid, name);
  }

  private signalTo(pid: number, name: NodeJS.Signals): void {
    const words = [String(pid), String(constants.signals[name])];
    void this.send({ id: this.id, kind: KIND.SIGNAL, payload: encodeWords(words) });
  }
}

const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** @param status as wait(2) gives it: WIFSIGNALED, WTERMSIG, WEXITSTATUS */
function endOf(status: number): End {
  const signal = status & 0x7f;
  return signal === 0
    ? { status: (status >> 8) & 0xff, signal: null }
    : { status: null, signal: SIGNAL_NAMES.get(signal) as NodeJS.Signals };
}
