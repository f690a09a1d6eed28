import type { Readable, Writable } from 'node:stream';
import { LabError } from '../running.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import type { Hands, Program } from './hands.ts';
import type { Answer, HandsCall, ProgramCall, Request } from './protocol.ts';

/** Answers requests until there are no more, then ends every program that was started. */
export async function serve(hands: Hands, input: Readable, output: Writable): Promise<void> {
  const programs = new Map<number, Program>();
  const reader = new FrameReader();
  try {
    for await (const chunk of input)
      for (const request of reader.push(chunk as Buffer) as Request[])
        void answer(request, hands, programs).then((each) => output.write(encodeFrame(each)));
  } finally {
    await Promise.all([...programs.values()].map((program) => program[Symbol.asyncDispose]()));
  }
}

async function answer({ id, call }: Request, hands: Hands, programs: Map<number, Program>): Promise<Answer> {
  try {
    return { id, value: await (call.on === 'hands' ? ofHands(call, hands, programs) : ofProgram(call, programs)) };
  } catch (error) {
    if (error instanceof LabError) return { id, fault: error.message };
    return { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function ofHands({ name, args }: HandsCall, hands: Hands, programs: Map<number, Program>): Promise<unknown> {
  if (name !== 'start') return (hands[name] as (...each: unknown[]) => Promise<unknown>)(...args);
  const program = await hands.start(...args);
  programs.set(program.pid, program);
  return program.pid;
}

async function ofProgram({ on, name, args }: ProgramCall, programs: Map<number, Program>): Promise<unknown> {
  const program = programs.get(on);
  if (!program) throw new LabError(`no program of pid ${on} was started here`);
  if (name !== 'end') return (program[name] as (...each: unknown[]) => Promise<unknown>)(...args);
  programs.delete(on);
  return program[Symbol.asyncDispose]();
}
