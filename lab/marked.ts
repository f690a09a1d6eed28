import { readdir, readFile } from 'node:fs/promises';

/** A process that was started with a variable in its environment. */
export interface Marked {
  readonly pid: number;
  readonly value: string;
}

/** All that can be seen and were started with `variable`; children have it from their parents. */
export async function processesMarked(variable: string): Promise<Marked[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    numbers.map(async (pid) => ({ pid: Number(pid), value: await valueIn(pid, variable) })),
  );
  return found.filter((each): each is Marked => each.value !== undefined);
}

async function valueIn(pid: string, variable: string): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch((error: NodeJS.ErrnoException) => {
    // It has ended, or is another user's.
    if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code ?? '')) throw error;
    return '';
  });
  const start = `${variable}=`;
  return environment
    .split('\0')
    .find((each) => each.startsWith(start))
    ?.slice(start.length);
}

/** @returns whether it was there */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}
