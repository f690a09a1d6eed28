import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { LabError } from '../running.ts';
import type { Fact } from './hands.ts';

/** What every reader of /proc meets: the process has ended meanwhile. */
function gone(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
  return '';
}

/** Fields of /proc/PID/stat from the third on; none of a process that is no more. @source proc_pid_stat(5) */
async function readStat(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(gone);
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** R, S, T, … */
const readState = async (pid: number): Promise<string | undefined> => (await readStat(pid))[0];

/** Processor time it has used, in clock ticks: fields 14 and 15. */
async function readTicks(pid: number): Promise<number> {
  const fields = await readStat(pid);
  return Number(fields[11]) + Number(fields[12]);
}

/** A question that is asked until it is answered with yes. */
export type Question = () => Promise<boolean>;

/** Whether a fact holds of a process that `starter` started, by what /proc and files tell. */
export async function questionOf(
  { pid, starter }: { readonly pid: number; readonly starter?: string },
  fact: Exclude<Fact, { kind: 'said' }>,
): Promise<Question> {
  switch (fact.kind) {
    case 'wrote':
      return async () => existsSync(fact.path) && statSync(fact.path).size > 0;
    case 'state':
      return async () => (await readState(pid)) === fact.letter;
    case 'worked': {
      const before = await readTicks(pid);
      return async () => (await readTicks(pid)) >= before + fact.ticks;
    }
    case 'begun':
      return async () => (await readlink(`/proc/${pid}/exe`).catch(gone)) !== starter;
  }
}

/**
 * A stopped process of a container, known by what the container's id leaves in /proc/PID/cgroup of either version: the one that
 * was started there, and none that it has started.
 */
export async function findStoppedIn(container: string): Promise<number | undefined> {
  const members = new Map<number, string[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const groups = await readFile(`/proc/${name}/cgroup`, 'latin1').catch(gone);
    if (groups.includes(container)) members.set(Number(name), await readStat(Number(name)));
  }
  return [...members].find(([, [state, parent]]) => state === 'T' && !members.has(Number(parent)))?.[0];
}

type ReadText = (path: string) => Promise<string>;
const readHere: ReadText = (path) => readFile(path, 'latin1').catch(gone);

/** What /proc/PID/status tells of its pid in each namespace, the outermost first. @source proc_pid_status(5) NSpid */
async function readPids(pid: number, read: ReadText): Promise<string[]> {
  const status = await read(`/proc/${pid}/status`);
  return /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? [];
}

/**
 * The child that is in a pid namespace of its own, and not that one's pid 1.
 * @param read a file of where it runs; empty when it is gone
 * @throws LabError when there is none
 */
export async function findSupervised(supervisor: number, read = readHere): Promise<number> {
  const { length } = await readPids(supervisor, read);
  const children = await read(`/proc/${supervisor}/task/${supervisor}/children`);
  for (const child of children.split(' ').filter(Boolean).map(Number)) {
    const pids = await readPids(child, read);
    if (pids.length > length && pids.at(-1) !== '1') return child;
  }
  throw new LabError(`process ${supervisor} supervises none in a pid namespace of its own`);
}
