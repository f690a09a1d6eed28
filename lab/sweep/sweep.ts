import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepEngine, type Swept } from '../container/sweep-engine.ts';
import { DIRECTORY, KEPT, unfinished } from '../directory.ts';
import { kill, processesMarked } from '../marked.ts';
import { unmountBelow } from '../mounts.ts';
import { fateOf, OWNER_VARIABLE, parseOwner } from '../owner.ts';

export interface SweepOptions {
  /** Of other machines and earlier boots too, of which cannot be known whether they live. */
  readonly all?: true;
  /** Directories too that were kept because of a failure. */
  readonly kept?: true;
}

/** Removes what labs left behind that were killed; what belongs to one that is alive stays. */
export async function sweep({ all, kept }: SweepOptions): Promise<Swept[]> {
  const isLeft = (label: string) => {
    const owner = parseOwner(label);
    if (!owner) return false;
    const fate = fateOf(owner);
    return fate === 'gone' || (fate === 'elsewhere' && all === true);
  };
  return [
    // What runs may still write: processes first.
    { what: 'processes', count: await sweepProcesses(isLeft) },
    ...(await sweepEngine(isLeft)),
    { what: 'directories', count: await sweepDirectories(isLeft, kept === true) },
    { what: 'unfinished files', count: await sweepUnfinished(isLeft) },
  ];
}

async function sweepUnfinished(isLeft: (owner: string) => boolean): Promise<number> {
  const left = (await unfinished()).filter(({ owner }) => isLeft(owner));
  for (const { path } of left) await rm(path, { recursive: true, force: true });
  return left.length;
}

async function sweepProcesses(isLeft: (owner: string) => boolean): Promise<number> {
  const left = (await processesMarked(OWNER_VARIABLE)).filter(({ value }) => isLeft(value));
  return left.filter(({ pid }) => kill(pid, 'SIGKILL')).length;
}

async function sweepDirectories(isLeft: (owner: string) => boolean, kept: boolean): Promise<number> {
  const names = (await readdir(tmpdir())).filter(
    (name) => name.startsWith(DIRECTORY) && isLeft(name.slice(DIRECTORY.length)),
  );
  const left = names.map((name) => join(tmpdir(), name)).filter((path) => kept || !existsSync(join(path, KEPT)));
  for (const path of left) {
    // debootstrap mounts in what it makes.
    await unmountBelow(path);
    await rm(path, { recursive: true, force: true });
  }
  return left.length;
}
