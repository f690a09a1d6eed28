import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, wherever this code runs from: lab/ or the bundle in dist/. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'lab/targets/target.h'))) return folder;
  if (dirname(folder) === folder) throw new Error('the lab runs from a checkout only: lab/targets is not there');
  return findRoot(dirname(folder));
}

export const CACHE = join(ROOT, '.cache');
export const ELFREEZE = join(ROOT, 'bin/elfreeze');
