import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/** A C file and the files that it includes by `#include "…"`: it can be compiled where nothing else of its folder is. */
export interface OwnSource {
  /** Which of `files` is compiled. */
  readonly main: string;
  /** Text by path, from the folder that holds all of them. */
  readonly files: Readonly<Record<string, string>>;
}

const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"/gm;

/**
 * Reads a C file with all that it includes from beside it, and what those include.
 * What is not there is left out: it may be the compiler's own, or in a branch that is not compiled.
 *
 * @throws when the C file itself cannot be read
 */
export async function readSource(path: string): Promise<OwnSource> {
  const main = resolve(path);
  const texts = new Map([[main, await readFile(main, 'utf8')]]);
  // A map that grows while it is walked is walked to its new end.
  for (const [including, text] of texts) {
    for (const [, name = ''] of text.matchAll(INCLUDE)) {
      const included = resolve(dirname(including), name);
      const found = texts.has(included) ? undefined : await readFile(included, 'utf8').catch(notThere);
      if (found !== undefined) texts.set(included, found);
    }
  }
  const folder = commonFolder([...texts.keys()]);
  const files = Object.fromEntries([...texts].map(([file, text]) => [relative(folder, file), text]));
  return { main: relative(folder, main), files };
}

/** @param paths absolute ones */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => dirname(path).split('/'));
  const length = first.findIndex((part, at) => others.some((other) => other[at] !== part));
  return join('/', ...(length === -1 ? first : first.slice(0, length)));
}

function notThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR' && error.code !== 'EISDIR') throw error;
}
