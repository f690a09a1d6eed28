import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const INPUTS = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'lab', 'src'];

/** Sources and what steers the build; neither tests nor the rest of lab/setup. */
const isInput = (path) =>
  /\.(tsx?|json|css|html)$/.test(path) ? !path.endsWith('.test.ts') : path === 'lab/setup/build.mjs';

const STAMP = 'built-from';

/** A digest of name, size and time of every file that dist is made from. */
export function fingerprint() {
  const digest = createHash('sha256');
  for (const input of INPUTS) visit(input);
  return digest.digest('hex');

  function visit(path) {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      for (const name of readdirSync(join(ROOT, path)).sort()) visit(join(path, name));
    } else if (stat !== undefined && isInput(path)) {
      digest.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
    }
  }
}

/** The fingerprint that dist was built from; undefined if there is no dist. */
export function builtFrom() {
  try {
    return readFileSync(join(ROOT, 'dist', STAMP), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where a build in `folder` keeps its fingerprint. */
export function stampIn(folder) {
  return join(folder, STAMP);
}
