import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatOwner, SELF } from './owner.ts';

/** Directories of a lab begin with this, then whose they are: by that `elfreeze-lab sweep` knows them. */
export const DIRECTORY = 'elfreeze-lab-';
/** A file that tells that a directory was left on purpose. */
export const KEPT = 'KEPT';

export const makeLabDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), `${DIRECTORY}${formatOwner(SELF)}-`));

/** @param keeps whether something in it is to be looked at: then a sweep leaves it too */
export async function closeLabDirectory(dir: string, keeps: boolean): Promise<void> {
  if (keeps) await writeFile(join(dir, KEPT), 'elfreeze-lab sweep --kept removes this directory\n');
  else await rm(dir, { recursive: true, force: true });
}
