import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fateOf, formatOwner, parseOwner, SELF } from './owner.ts';

const POLL_MS = 50;

/** Does `work` while no other process does, nor another part of this one. A lock whose owner has gone is taken over. */
export async function withLock<T>(path: string, work: () => Promise<T>, interrupted?: AbortSignal): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await take(path))) {
    await delay(POLL_MS, undefined, interrupted && { signal: interrupted });
    await removeStale(path);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, formatOwner(SELF), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Moved aside first: of two that find it stale, one removes it, and neither removes what the other has taken meanwhile. */
async function removeStale(path: string): Promise<void> {
  if (!(await isStale(path))) return;
  const aside = `${path}.${formatOwner(SELF)}`;
  try {
    await rename(path, aside);
    if (await isStale(aside)) await rm(aside);
    else await rename(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  const owner = parseOwner(text);
  return owner !== undefined && fateOf(owner) !== 'alive';
}
