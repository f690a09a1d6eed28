import type { Hands, Program } from './hands.ts';

/** Calls of the hands, but `start` answers with a pid: the program stays where it is. */
export type HandsCall = {
  [Name in keyof Hands]: { on: 'hands'; name: Name; args: Parameters<Hands[Name]> };
}[keyof Hands];

/** A program's methods that can be called from afar; `end` is its disposal. */
export type ProgramCalls = Pick<Program, 'until' | 'signal' | 'writeLine' | 'hasEnded' | 'finish'> & {
  end(): Promise<void>;
};
export type ProgramCall = {
  [Name in keyof ProgramCalls]: { on: number; name: Name; args: Parameters<ProgramCalls[Name]> };
}[keyof ProgramCalls];

/** What goes to the agent, one frame each. Answers come in any order. */
export interface Request {
  readonly id: number;
  readonly call: HandsCall | ProgramCall;
}

/** What comes back. `fault` is a LabError's message; `failure` any other's, with its stack. */
export type Answer = { readonly id: number } & (
  { readonly value: unknown } | { readonly fault: string } | { readonly failure: string }
);
