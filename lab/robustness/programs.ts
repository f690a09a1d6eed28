import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { CACHE, ROOT } from '../root.ts';

const run = promisify(execFile);
const HERE = join(ROOT, 'lab/robustness');

/** How a target is built. */
export interface Flavour {
  readonly arch: 'x86-64' | 'i386';
  readonly linkage: 'static' | 'pie';
}

export const FLAVOURS: readonly Flavour[] = [
  { arch: 'x86-64', linkage: 'static' },
  { arch: 'x86-64', linkage: 'pie' },
  { arch: 'i386', linkage: 'static' },
  { arch: 'i386', linkage: 'pie' },
];

const MACHINE = { 'x86-64': '-m64', i386: '-m32' } as const;
const LINKAGE = { static: ['-fno-PIE', '-static'], pie: ['-fPIE', '-pie'] } as const;
const FLAGS = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Wno-unused-function', '-pthread'];

/** A C program of this folder, for a target's architecture and linkage. */
export const target = (name: string, { arch, linkage }: Flavour): Promise<string> =>
  compile(name, [MACHINE[arch], ...LINKAGE[linkage]]);

/** A C program that the lab itself needs. @param name its path from this folder, without `.c` */
export const tool = (name: string): Promise<string> => compile(name, []);

async function compile(name: string, flags: readonly string[]): Promise<string> {
  const source = join(HERE, `${name}.c`);
  const hash = createHash('sha256');
  for (const part of [source, join(ROOT, 'lab/targets/target.h'), join(ROOT, 'include/elfreeze.h')])
    hash.update(await readFile(part));
  const path = join(CACHE, 'robustness', `${hash.update(flags.join()).digest('hex').slice(0, 24)}-${basename(name)}`);
  if (existsSync(path)) return path;
  await mkdir(join(CACHE, 'robustness'), { recursive: true });
  // Built aside and moved in place: several tests may want it at once.
  const aside = `${path}.${process.pid}.${process.hrtime.bigint()}`;
  await run('gcc', [...FLAGS, ...flags, source, '-o', aside]);
  await rename(aside, path);
  return path;
}
