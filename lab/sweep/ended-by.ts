import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../root.ts';

export const LAB = join(ROOT, 'bin/elfreeze-lab');

/** A lab that was ended: its pid, and the status that it left. */
export interface Ended {
  readonly pid: number;
  readonly status: number | null;
}

/**
 * Starts the lab and ends it by `signal` after so many milliseconds. One that is through by then, as on a fast machine, was not
 * at work: the next is ended after half of that.
 */
export async function endedBy(signal: NodeJS.Signals, args: readonly string[], afterMs: number): Promise<Ended> {
  const options = { stdio: 'ignore', detached: true, env: { ...process.env, NO_COLOR: '1' } } as const;
  const lab = spawn(process.execPath, [LAB, ...args], options);
  const ended = once(lab, 'exit') as Promise<[number | null]>;
  const isThrough = await Promise.race([ended.then(() => true), delay(afterMs, false)]);
  if (isThrough) return endedBy(signal, args, afterMs / 2);
  lab.kill(signal);
  const [status] = await ended;
  return { pid: lab.pid!, status };
}
