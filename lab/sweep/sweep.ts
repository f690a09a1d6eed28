import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepEngine, type Swept } from '../container/sweep-engine.ts';
import { DIRECTORY, KEPT, unfinished } from '../directory.ts';
import { kill, processesMarked } from '../marked.ts';
import { unmountBelow } from '../mounts.ts';
import { fateOf, formatOwner, OWNER_VARIABLE, parseOwner } from '../owner.ts';

export interface SweepOptions {
  /** Of other machines and earlier boots too, of which cannot be known whether they live. */
  readonly all?: true;
  /** Directories too that were kept because of a failure. */
  readonly kept?: true;
}

export interface Sweep {
  readonly removed: readonly Swept[];
  /** So many labs of other machines and earlier boots left something, which is still there. */
  readonly elsewhere: number;
}

/** Removes what labs left behind that were killed; what belongs to one that is alive stays. */
export async function sweep({ all, kept }: SweepOptions): Promise<Sweep> {
  const elsewhere = new Set<string>();
  const isLeft = (label: string) => {
    const owner = parseOwner(label);
    if (!owner) return false;
    const fate = fateOf(owner);
    if (fate !== 'elsewhere' || all === true) return fate !== 'alive';
    elsewhere.add(formatOwner(owner));
    return false;
  };
  const removed = [
    // What runs may still write: processes first.
    { what: 'processes', count: await sweepProcesses(isLeft) },
    ...(await sweepEngine(isLeft)),
    { what: 'directories', count: await sweepDirectories(isLeft, kept === true) },
    { what: 'unfinished files', count: await sweepUnfinished(isLeft) },
  ];
  return { removed, elsewhere: elsewhere.size };
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
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(DIRECTORY));
  const left = names
    .filter((name) => kept || !existsSync(join(tmpdir(), name, KEPT)))
    .filter((name) => isLeft(name.slice(DIRECTORY.length)))
    .map((name) => join(tmpdir(), name));
  for (const path of left) {
    // debootstrap mounts in what it makes.
    await unmountBelow(path);
    await rm(path, { recursive: true, force: true });
  }
  return left.length;
}
