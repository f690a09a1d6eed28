import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, existsSync } from 'node:fs';
import { constants, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Cell } from './cell.ts';
import type { OwnSource } from './own-source.ts';
import { CACHE, ROOT } from './root.ts';
import { LabError } from './running.ts';
import type { Arch, Linkage, TargetRow } from './targets/index.ts';

const run = promisify(execFile);

const FLAGS = [
  '-std=gnu11',
  '-D_GNU_SOURCE',
  '-O1',
  '-g',
  '-Wall',
  '-Wextra',
  '-Wno-unused-function',
  '-Wno-unused-variable',
  '-Wno-infinite-recursion',
];

const LINKAGE_FLAGS: Record<Linkage, readonly string[]> = {
  static: ['-fno-PIE', '-static', '-pthread'],
  'static-pie': ['-fPIE', '-static-pie', '-pthread'],
  pie: ['-fPIE', '-pie', '-pthread'],
  'no-pie': ['-fno-PIE', '-no-pie', '-pthread'],
  musl: ['-static'],
  system: [],
};

/** Compilers of other languages than C: what they are, and how they are told what to make. */
const COMPILERS: Record<
  NonNullable<TargetRow['language']>,
  { suffix: string; program: string; command: (arch: Arch) => string[] }
> = {
  go: {
    suffix: 'go',
    program: 'go',
    command: (arch) => ['env', 'CGO_ENABLED=0', `GOARCH=${arch === 'i386' ? '386' : 'amd64'}`, 'go', 'build'],
  },
  rust: { suffix: 'rs', program: 'rustc', command: () => ['rustc', '-O'] },
};

/** Debian's package of musl for i386, unpacked into the cache: it cannot be installed beside the 64-bit toolchain's own. */
const MUSL_I386 = {
  url: 'http://deb.debian.org/debian/pool/main/m/musl/musl-dev_1.2.3-1_i386.deb',
  sha256: 'e7e49904a302b4c986cc7729b1af9117f7a01a928b12c43e75bdd015697bff82',
} as const;
const MUSL_SPECS = 'usr/lib/i386-linux-musl/musl-gcc.specs';

/** What compiles here, and what does not: known before a cell is run. */
export class Compiler {
  private readonly version: string;
  /** The compiler's own machine: on i386 all its i386 programs are here, on x86-64 only what gcc -m32 makes. */
  private readonly machine: Arch;
  private readonly muslI386: string | undefined;
  private readonly targets = join(ROOT, 'lab/targets');
  private readonly building = new Map<string, Promise<string>>();

  private constructor(version: string, machine: Arch, muslI386: string | undefined) {
    this.version = version;
    this.machine = machine;
    this.muslI386 = muslI386;
  }

  static async find(): Promise<Compiler> {
    const { stdout: version } = await run('gcc', ['--version']);
    const { stdout: triple } = await run('gcc', ['-dumpmachine']);
    const machine = /^i.86-/.test(triple) ? 'i386' : 'x86-64';
    return new Compiler(version, machine, machine === 'i386' ? undefined : await fetchMuslI386());
  }

  /** Its own first line: `gcc (Debian 12.2.0-14) 12.2.0`. */
  get name(): string {
    return this.version.split('\n', 1)[0]!;
  }

  /** Why this cell cannot be built on this machine. */
  lacks(cell: Cell): string | undefined {
    const isForeign = cell.arch !== this.machine;
    const { language, program, package: from } = cell.target;
    const needed = language ? COMPILERS[language].program : program;
    if (from !== undefined && needed !== undefined && pathOf(needed) === undefined)
      return `${needed}, which is in Debian's package ${from}`;
    if (isForeign && cell.arch === 'x86-64') return 'x86-64 programs, in an i386 system';
    if (isForeign && cell.linkage === 'system') return 'i386 programs, in an x86-64 system';
    if (isForeign && cell.linkage === 'musl' && this.muslI386 === undefined) return `musl for i386 (${MUSL_I386.url})`;
    return undefined;
  }

  /** @returns the executable's path */
  async executable(cell: Cell): Promise<string> {
    if (cell.target.program !== undefined) return findProgram(cell.target.program);
    const { name, text, source: stem = name, language } = cell.target;
    if (language) {
      const { suffix, command } = COMPILERS[language];
      return this.compile([join(this.targets, `${stem}.${suffix}`)], [], command(cell.arch), name, []);
    }
    const [source = '', ...headers] =
      text === undefined ? [join(this.targets, `${stem}.c`), ...(await this.headers())] : await keepText(text);
    const isNative = cell.arch === this.machine;
    const gcc = cell.linkage === 'musl' && isNative ? 'musl-gcc' : 'gcc';
    const musl =
      cell.linkage === 'musl' && !isNative
        ? [`-specs=${join(this.muslI386 ?? '', 'gcc.specs')}`, '-Wl,-melf_i386']
        : [];
    const flags = [cell.arch === 'i386' ? '-m32' : '-m64', ...musl, ...FLAGS, ...LINKAGE_FLAGS[cell.linkage]];
    return this.compile([source], flags, [gcc], name, headers);
  }

  /** The lab's own tools: `peek` is its eye, `start` its hand. */
  async tools(): Promise<{ peek: string; start: string }> {
    return { peek: await this.tool('lab/judge/peek.c'), start: await this.tool('lab/start.c') };
  }

  /** @param path of its C file in the checkout @returns the executable's path */
  tool(path: string): Promise<string> {
    return this.compile([join(ROOT, path)], ['-m64', '-O1', '-Wall', '-Wextra'], ['gcc'], basename(path, '.c'));
  }

  /** For a guest, which has no libraries. */
  guestProgram(
    bits: '32' | '64',
    name: string,
    sources: readonly string[],
    headers?: readonly string[],
  ): Promise<string> {
    const flags = [`-m${bits}`, '-static', '-O2', '-Wall', '-Wextra', '-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64'];
    return this.compile(sources, flags, ['gcc'], name, headers);
  }

  private async compile(
    sources: readonly string[],
    flags: readonly string[],
    command: readonly string[],
    name: string,
    headers: readonly string[] = [],
  ): Promise<string> {
    const hash = createHash('sha256');
    const read = await Promise.all([...sources, ...headers].map((path) => readFile(path)));
    for (const part of [this.version, ...command, ...flags, ...read]) hash.update(part).update('\0');
    const path = join(CACHE, 'targets', hash.digest('hex').slice(0, 24), name);
    const under = this.building.get(path) ?? buildOnce(path, command, [...flags, ...sources]);
    this.building.set(path, under);
    return under;
  }

  private async headers(): Promise<string[]> {
    const names = (await readdir(this.targets)).filter((name) => name.endsWith('.h')).sort();
    return names.map((name) => join(this.targets, name));
  }
}

/** The C text of a user's own program as files: the one that is compiled first. */
async function keepText({ main, files }: OwnSource): Promise<string[]> {
  const name = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 24);
  const folder = await makeFolder(join(CACHE, 'own', name), async (aside) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(aside, path)), { recursive: true });
      await writeFile(join(aside, path), text);
    }
  });
  return [main, ...Object.keys(files).filter((path) => path !== main)].map((path) => join(folder, path));
}

/** Built aside and moved in place, so that what is there is whole. */
async function buildOnce(
  path: string,
  [program, ...first]: readonly string[],
  args: readonly string[],
): Promise<string> {
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  try {
    await run(program!, [...first, '-o', aside, ...args]).catch(({ stderr }: { stderr: string }) => {
      throw new LabError(`${basename(path)} does not compile:\n${stderr.trim()}`);
    });
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
  return path;
}

function findProgram(name: string): string {
  const path = pathOf(name);
  if (path === undefined) throw new Error(`${name} is not installed here`);
  return path;
}

/** The system's own program first: what PATH finds may be a script that starts another. */
function pathOf(name: string): string | undefined {
  if (name.includes('/')) return name;
  const folders = ['/usr/bin', '/bin', '/usr/local/bin', ...(process.env['PATH'] ?? '').split(':')];
  return folders.map((folder) => join(folder, name)).find(mayRun);
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns the folder that holds gcc.specs, or undefined when the package is neither here nor in reach */
async function fetchMuslI386(): Promise<string | undefined> {
  const folder = join(CACHE, `musl-i386-${MUSL_I386.sha256.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const bytes = await fetch(MUSL_I386.url, { signal: AbortSignal.timeout(20_000) }).then(
    async (response) => (response.ok ? Buffer.from(await response.arrayBuffer()) : undefined),
    () => undefined,
  );
  if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== MUSL_I386.sha256) return undefined;
  return makeFolder(folder, async (aside) => {
    await writeFile(join(aside, 'musl-dev.deb'), bytes);
    await run('dpkg-deb', ['-x', join(aside, 'musl-dev.deb'), aside]);
    const specs = await readFile(join(aside, MUSL_SPECS), 'utf8');
    // A blank ends a word of theirs unless it comes after a backslash. @source gcc/gcc.cc do_spec_1
    const inSpecs = folder.replaceAll(/[\\\s%]/g, String.raw`\$&`);
    await writeFile(
      join(aside, 'gcc.specs'),
      specs.replaceAll('/usr/lib/', `${inSpecs}/usr/lib/`).replaceAll('/usr/include/', `${inSpecs}/usr/include/`),
    );
  });
}

/** Filled aside and moved in place, so that what is there is whole. @returns `folder` */
async function makeFolder(folder: string, fill: (aside: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const aside = await mkdtemp(`${folder}.`);
  try {
    await fill(aside);
    await rename(aside, folder).catch((error: NodeJS.ErrnoException) => {
      // Another lab was quicker.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return folder;
}
