import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { ROOT } from '../root.ts';

/** A file of a build's context. */
export interface ContextFile {
  readonly name: string;
  readonly mode: number;
  readonly bytes: Buffer;
}

/** What .dockerignore lets in: it excludes all, then names files and directories. */
export function includedBy(dockerignore: string): string[] {
  const lines = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...rest] = lines;
  if (first !== '*' || !rest.every((line) => /^![^*?[\]]+$/.test(line)))
    throw new Error('.dockerignore: wanted: one line *, then lines of the form !PATH');
  return rest.map((line) => line.slice(1));
}

/** The built tree, as docker itself would take it. */
export async function readContext(): Promise<ContextFile[]> {
  const names = includedBy(await readFile(join(ROOT, '.dockerignore'), 'utf8'));
  const found = await Promise.all(names.map(filesUnder));
  return Promise.all(found.flat().map((name) => readContextFile(name, join(ROOT, name))));
}

export async function readContextFile(name: string, path: string): Promise<ContextFile> {
  const { mode } = await stat(path);
  return { name, mode: mode & 0o111 ? 0o755 : 0o644, bytes: await readFile(path) };
}

async function filesUnder(name: string): Promise<string[]> {
  if (!(await stat(join(ROOT, name))).isDirectory()) return [name];
  const entries = await readdir(join(ROOT, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

export function hashOf(files: readonly ContextFile[], others: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of others) hash.update(`${text}\0`);
  for (const { name, mode, bytes } of files) hash.update(`${name}\0${mode}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex');
}

export function packFiles(files: readonly ContextFile[]): NodeJS.ReadableStream {
  const archive = pack();
  // The same files are the same archive, so that the engine finds its layers again.
  for (const { name, mode, bytes } of files) archive.entry({ name, mode, mtime: new Date(0) }, bytes);
  archive.finalize();
  return archive as unknown as NodeJS.ReadableStream;
}
