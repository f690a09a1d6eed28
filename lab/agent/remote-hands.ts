import type { Readable, Writable } from 'node:stream';
import type { Cell } from '../cell.ts';
import type { Look } from '../judge/look.ts';
import type { Segment } from '../judge/segments.ts';
import { LabError } from '../running.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import type { CommandSaid, Ended, Fact, Hands, LookOptions, Program, ProgramStart } from './hands.ts';
import type { Answer, HandsCall, ProgramCall } from './protocol.ts';

/** Two ways of bytes to an agent, whatever carries them. */
export interface Connection {
  readonly toAgent: Writable;
  readonly fromAgent: Readable;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Hands far away: every call is a request to an agent there, and waits for its answer. */
export class RemoteHands implements Hands {
  private readonly connection: Connection;
  private readonly waiting = new Map<number, Waiting>();
  private requests = 0;
  private broken: LabError | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
    const reader = new FrameReader();
    connection.fromAgent
      .on('data', (chunk: Buffer) => {
        for (const answer of reader.push(chunk) as Answer[]) this.settle(answer);
      })
      .on('error', (error: Error) => this.breakOff(`the agent's connection failed: ${error.message}`))
      .on('close', () => this.breakOff('the agent has gone'))
      .on('end', () => this.breakOff('the agent has gone'));
    connection.toAgent.on('error', (error: Error) => this.breakOff(`the agent cannot be reached: ${error.message}`));
  }

  get isBroken(): boolean {
    return this.broken !== undefined;
  }

  /** Everything that waits for an answer fails with `why`, and so does every later call. */
  breakOff(why: string): void {
    this.broken ??= new LabError(why);
    for (const { reject } of this.waiting.values()) reject(this.broken);
    this.waiting.clear();
  }

  async call<T>(call: HandsCall | ProgramCall): Promise<T> {
    if (this.broken) throw this.broken;
    const id = this.requests++;
    const answered = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.connection.toAgent.write(encodeFrame({ id, call }));
    return (await answered) as T;
  }

  private settle(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('value' in answer) waiting?.resolve(answer.value);
    else waiting?.reject('fault' in answer ? new LabError(answer.fault) : new Error(answer.failure));
  }

  private hands<Name extends keyof Hands>(name: Name, ...args: Parameters<Hands[Name]>): ReturnType<Hands[Name]> {
    return this.call({ on: 'hands', name, args } as HandsCall) as ReturnType<Hands[Name]>;
  }

  async start(start: ProgramStart): Promise<Program> {
    return new RemoteProgram(this, await this.call<number>({ on: 'hands', name: 'start', args: [start] }));
  }

  readonly lacks = (cell: Cell): Promise<string | undefined> => this.hands('lacks', cell);
  readonly compiler = (): Promise<string> => this.hands('compiler');
  readonly executable = (cell: Cell): Promise<string> => this.hands('executable', cell);
  readonly look = (pid: number, options: LookOptions): Promise<Look> => this.hands('look', pid, options);
  readonly elfreeze = (args: readonly string[]): Promise<CommandSaid> => this.hands('elfreeze', args);
  readonly makeDirectory = (path: string): Promise<void> => this.hands('makeDirectory', path);
  readonly writeFile = (path: string, bytes: Uint8Array): Promise<void> => this.hands('writeFile', path, bytes);
  readonly list = (path: string): Promise<readonly string[]> => this.hands('list', path);
  readonly digests = (paths: readonly string[]): Promise<Readonly<Record<string, string>>> =>
    this.hands('digests', paths);
  readonly segments = (path: string): Promise<readonly Segment[]> => this.hands('segments', path);
  readonly pack = (path: string): Promise<Uint8Array> => this.hands('pack', path);
  readonly unpack = (path: string, archive: Uint8Array): Promise<void> => this.hands('unpack', path, archive);
  readonly remove = (path: string): Promise<void> => this.hands('remove', path);
  readonly stoppedIn = (container: string): Promise<number> => this.hands('stoppedIn', container);
  readonly supervised = (pid: number): Promise<number> => this.hands('supervised', pid);
  readonly waitFor = (pid: number, fact: Exclude<Fact, { kind: 'said' }>): Promise<void> =>
    this.hands('waitFor', pid, fact);
  readonly signal = (pid: number, signal: NodeJS.Signals): Promise<void> => this.hands('signal', pid, signal);
}

class RemoteProgram implements Program {
  readonly pid: number;
  private readonly hands: RemoteHands;

  constructor(hands: RemoteHands, pid: number) {
    this.hands = hands;
    this.pid = pid;
  }

  readonly until = (fact: Fact): Promise<void> => this.hands.call({ on: this.pid, name: 'until', args: [fact] });
  readonly signal = (signal: NodeJS.Signals): Promise<void> =>
    this.hands.call({ on: this.pid, name: 'signal', args: [signal] });
  readonly writeLine = (line: string): Promise<void> =>
    this.hands.call({ on: this.pid, name: 'writeLine', args: [line] });
  readonly hasEnded = (): Promise<boolean> => this.hands.call({ on: this.pid, name: 'hasEnded', args: [] });
  readonly finish = (): Promise<Ended> => this.hands.call({ on: this.pid, name: 'finish', args: [] });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hands.call({ on: this.pid, name: 'end', args: [] }).catch((error: unknown) => {
      // An agent that has gone has ended all that it had started.
      if (!this.hands.isBroken) throw error;
    });
  }
}
