import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LabError } from '../running.ts';

const run = promisify(execFile);

/**
 * Paths of the loader and the libraries that a program of this machine is started with; none of a static one. Read, not run as ldd would:
 * this kernel may not run programs of that architecture.
 * @param modules what it loads later, whose libraries it then needs too
 */
export async function librariesOf(path: string, modules: readonly string[] = []): Promise<string[]> {
  const found = new Set<string>();
  const { loader, is64 } = await read(path);
  if (loader === undefined) return [];
  found.add(loader);
  const places = await cachedPlaces(is64);
  const left = [path, ...modules];
  for (let next = left.pop(); next !== undefined; next = left.pop())
    for (const name of (await read(next)).needed) {
      // The loader is needed by name too.
      if (loader.endsWith(`/${name}`)) continue;
      const library = places.get(name);
      if (library === undefined) throw new LabError(`${path} needs ${name}, which ldconfig -p does not list`);
      if (found.has(library)) continue;
      found.add(library);
      left.push(library);
    }
  return [...found];
}

/** What of a program or library the loader goes by. */
async function read(path: string): Promise<{ loader: string | undefined; needed: string[]; is64: boolean }> {
  const { stdout } = await run('readelf', ['-hldW', path], { env: { ...process.env, LC_ALL: 'C' } });
  return {
    loader: /\[Requesting program interpreter: (.*)\]/.exec(stdout)?.[1],
    needed: [...stdout.matchAll(/\(NEEDED\)\s+Shared library: \[(.*)\]/g)].map((match) => match[1]!),
    is64: /Class:\s+ELF64/.test(stdout),
  };
}

/** Where the loader finds libraries, by their names. @source ldconfig(8) */
async function cachedPlaces(is64: boolean): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run('/sbin/ldconfig', ['-p']);
  const places = new Map<string, string>();
  for (const [, name = '', flags = '', path = ''] of stdout.matchAll(/^\s+(\S+) \((.*?)\) => (\S+)$/gm))
    if ((is64 ? flags.includes('x86-64') : !/x86-64|x32/.test(flags)) && !places.has(name)) places.set(name, path);
  return places;
}
