import { spawn } from 'node:child_process';
import { ELFREEZE } from '../root.ts';
import { tool } from './programs.ts';

/** When to act, and how: see moment.c. */
export interface Moment {
  readonly when: 'start' | 'traced' | 'still';
  readonly us: number;
  readonly actions: readonly string[];
}

export interface Frozen {
  readonly stdout: string;
  readonly stderr: string;
  /** How long elfreeze ran, and how long the target had a tracer, in µs. */
  readonly took: number;
  readonly traced: number;
  /** Whether elfreeze was still running at the moment, and whether it was then tracing. */
  readonly acted: boolean;
  readonly tracer: boolean;
  /** Its exit status, or the signal that ended it. */
  readonly status: number | string;
}

export interface FreezeCall {
  readonly pid: number;
  readonly output: string;
  readonly args?: readonly string[];
  /** Put before the command. */
  readonly under?: readonly string[];
  /** The subject's name, so that nothing can hide. */
  readonly mark: string;
  readonly moment?: Moment;
}

const UNDISTURBED: Moment = { when: 'start', us: 0, actions: ['none'] };

/** Runs `elfreeze freeze` and acts at the moment. */
export async function freeze({
  pid,
  output,
  args = [],
  under = [],
  mark,
  moment = UNDISTURBED,
}: FreezeCall): Promise<Frozen> {
  const { when, us, actions } = moment;
  const command = [...under, ELFREEZE, 'freeze', String(pid), '-o', output, ...args];
  const env = { ...process.env, ELFREEZE_MARK: mark };
  const child = spawn(await tool('moment'), [String(pid), when, String(us), ...actions, '--', ...command], { env });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (more: string) => (text[stream] += more));
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  const line = /^took (\d+) traced (\d+) acted (\d) tracer (\d) after -?\d+ status (\d+)$/m.exec(text.stdout);
  if (!line) throw new Error(`moment failed: ${text.stdout}${text.stderr}`);
  const [took = 0, traced = 0, acted, tracer, status = 0] = line.slice(1).map(Number);
  const ended = (status & 0x7f) === 0 ? status >> 8 : `signal ${status & 0x7f}`;
  return { ...text, took, traced, acted: acted === 1, tracer: tracer === 1, status: ended };
}
