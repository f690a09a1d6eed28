import { join } from 'node:path';
import type { Hands, Program, ProgramStart } from '../agent/hands.ts';
import type { Cell } from '../cell.ts';

const ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/', LC_ALL: 'C', LAB_MARK: 'target' };

/** Where a target with `dir` for its own works. */
export const workOf = (dir: string): string => join(dir, 'work');

/** How long a target waits that waits itself. */
export const SECONDS = 2;

/** How the target of a cell is started with `dir` for its own. @param seconds that it is to wait, if it waits itself */
export function startOf({ target }: Cell, executable: string, dir: string, seconds: number = SECONDS): ProgramStart {
  const { cwd = workOf(dir), env = ENVIRONMENT } = target.own ?? {};
  const { work, waits } = target;
  const own = (target.args ?? []).map((word) => (work ? word.replaceAll('WORK', String(work.usual)) : word));
  const args = [...own, ...(waits === 'itself' ? [String(seconds)] : [])];
  return { executable, args, cwd, env, dir, role: 'target', stdin: stdinOf(target) };
}

/** The same cell, whose target does as much as an emulated machine can in the same time. */
export const withLessWork = (cell: Cell): Cell => {
  const { work } = cell.target;
  return work ? { ...cell, target: { ...cell.target, work: { ...work, usual: work.emulated } } } : cell;
};

/** Only targets that wait for it are given lines. */
export const stdinOf = ({ waits }: Cell['target']): ProgramStart['stdin'] => (waits === 'stdin' ? 'lines' : 'null');

export async function makeWork(
  { target }: Cell,
  hands: Pick<Hands, 'makeDirectory' | 'writeFile'>,
  dir: string,
): Promise<void> {
  await hands.makeDirectory(workOf(dir));
  const { input } = target;
  if (!input) return;
  const bytes = 'text' in input ? Buffer.from(input.text) : deterministicText(input.bytes);
  await hands.writeFile(join(workOf(dir), input.name), bytes);
}

/** Lines that compress neither well nor badly, the same each time. */
function deterministicText(bytes: number): Buffer {
  const text = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text[at] = at % 64 === 63 ? 10 : 97 + ((state >>> 24) % 7);
  }
  return text;
}

/** Waits until a target has begun, and is where it waits to be frozen. @param said what it had already said */
export async function untilReady({ target }: Cell, program: Program, dir: string, said = ''): Promise<void> {
  const { begun, worked, waits, own } = target;
  if (own) return;
  if (worked !== undefined) await program.until({ kind: 'worked', ticks: worked });
  else if (begun !== undefined) await program.until({ kind: 'wrote', path: join(workOf(dir), begun) });
  else if (!said.includes('ready\n')) await program.until({ kind: 'said', text: 'ready\n' });
  // It has said so just before it began to wait.
  if (waits === 'stdin' || waits === 'signal' || waits === 'itself')
    await program.until({ kind: 'state', letter: 'S' });
  if (waits === 'stopped') await program.until({ kind: 'state', letter: 'T' });
  // Between its word and its loop lie microseconds of its own processor time: two ticks later it is in the loop.
  if (waits === 'spin') await program.until({ kind: 'worked', ticks: 2 });
}

/** Makes it do what comes after being frozen. */
export async function letGo({ target }: Cell, program: Program): Promise<void> {
  switch (target.waits) {
    case 'stdin':
      return program.writeLine('go');
    case 'signal':
      // A signal before it is back in its system call would be taken by no one.
      await program.until({ kind: 'state', letter: 'S' });
      return program.signal('SIGUSR1');
    case 'spin':
    case 'loop':
      return program.signal('SIGUSR1');
    case 'stopped': // and continued by now, as an image is that waits to be looked at
    case 'itself':
    case 'work':
      return;
  }
}

/** Whether it does nothing more until the lab lets it go. */
export const waitsForLab = ({ waits }: Cell['target']): boolean => waits !== 'work' && waits !== 'itself';
