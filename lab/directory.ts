import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { formatOwner, SELF } from './owner.ts';
import { CACHE } from './root.ts';

/** Directories of a lab begin with this, then whose they are: by that `elfreeze-lab sweep` knows them. */
export const DIRECTORY = 'elfreeze-lab-';
/** Beginning of the same kind of name, of what is made aside in the cache before it is moved in place. */
export const UNFINISHED = 'unfinished-';

/** All that is being made aside, and by whom. */
export async function unfinished(): Promise<{ path: string; owner: string }[]> {
  const folders = ['kernels', 'vm'].map((name) => join(CACHE, name)).filter((folder) => existsSync(folder));
  const paths = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  return paths
    .flat()
    .filter((path) => basename(path).startsWith(UNFINISHED))
    .map((path) => ({ path, owner: basename(path).slice(UNFINISHED.length) }));
}

/** A file that tells that a directory was left on purpose. */
export const KEPT = 'KEPT';

export const makeLabDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), `${DIRECTORY}${formatOwner(SELF)}-`));

/** @param keeps whether something in it is to be looked at: then a sweep leaves it too */
export async function closeLabDirectory(dir: string, keeps: boolean): Promise<void> {
  if (keeps) await writeFile(join(dir, KEPT), 'elfreeze-lab sweep --kept removes this directory\n');
  else await rm(dir, { recursive: true, force: true });
}
