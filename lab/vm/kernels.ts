import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { UNFINISHED } from '../directory.ts';
import { formatOwner, SELF } from '../owner.ts';
import { CACHE } from '../root.ts';
import { LabError } from '../running.ts';
import { Apt, modulesOf } from './apt.ts';
import { type KernelArch, type KernelFile, type KernelPackage, type KernelRow, parseKernel } from './kernel-row.ts';

const run = promisify(execFile);

/** A kernel that can be booted. */
export interface Kernel {
  readonly name: string;
  readonly arch: KernelArch;
  /** Of a bzImage. */
  readonly path: string;
  /** Paths of those of MODULES that are no part of it. */
  readonly modules: readonly string[];
  /** Debian's package and version, or the path. */
  readonly from: string;
  /** What is not as its row says. */
  readonly note?: string;
}

/** A kernel that the archive has no more: nobody's failure. */
export interface GoneKernel {
  readonly name: string;
  readonly gone: string;
}

/** What Debian's kernels load when it is first asked for: unix_diag reports what a UNIX socket is connected to, udp_diag what UDP has shut down. */
const MODULES = ['unix_diag', 'inet_diag', 'udp_diag'];

const FOLDER = join(CACHE, 'kernels');

/** @param word see parseKernel */
export async function findKernel(word: string): Promise<Kernel | GoneKernel> {
  const candidates = parseKernel(word);
  for (const candidate of candidates) {
    const kernel = 'path' in candidate ? ownKernel(candidate) : await debianKernel(candidate);
    if (kernel) return kernel;
  }
  const suites = candidates.map((candidate) => ('suite' in candidate ? candidate.suite : candidate.path));
  return { name: word, gone: `no package of it is left in ${suites.join(', ')}` };
}

/**
 * What another lab's cache needs to find these kernels without the archive.
 * @returns paths
 * @throws LabError when one is a file of the user's own, which has no place in a cache
 */
export async function cachedFiles(kernels: readonly Kernel[]): Promise<string[]> {
  const own = kernels.find(({ path }) => !path.startsWith(`${FOLDER}/`));
  if (own) throw new LabError(`${own.name} is not in Debian's archive: kernels of your own stay on this machine`);
  const records = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).map((name) => join(FOLDER, name));
  return [...new Set([...kernels.flatMap(({ path, modules }) => [path, ...modules]), ...records])].sort();
}

function ownKernel({ name, arch, path }: KernelFile): Kernel {
  if (!existsSync(path)) throw new LabError(`no such kernel: ${path}`);
  return { name, arch, path, modules: [], from: path };
}

/** From the cache, or from the archive; what was found once is found again without the network. */
async function debianKernel(row: KernelRow): Promise<Kernel | undefined> {
  const tried = row.tried && (await cached(row, row.tried));
  if (tried) return tried;
  const record = join(FOLDER, `${row.name}@${row.suite}.json`);
  const found = existsSync(record) && (await cached(row, JSON.parse(await readFile(record, 'utf8')) as KernelPackage));
  if (found) return found;
  const fetched = await fetchKernel(row);
  if (fetched === undefined) return undefined;
  await writeWhole(record, JSON.stringify(fetched));
  return cached(row, fetched);
}

/** Of what is kept of a package; it is whole when the kernel is there. */
const folderOf = ({ sha256 }: KernelPackage): string => join(FOLDER, `${sha256}-${MODULES.join('-')}`);
const KERNEL = 'vmlinuz';

async function cached(row: KernelRow, from: KernelPackage): Promise<Kernel | undefined> {
  const folder = folderOf(from);
  const path = join(folder, KERNEL);
  if (!existsSync(path)) return undefined;
  const names = await readdir(folder);
  const { tried } = row;
  const note = `${tried?.package} ${tried?.version} has left the archive: ${from.package} ${from.version} in its place`;
  const kernel = {
    name: row.name,
    arch: row.arch,
    path,
    modules: names
      .filter((each) => each.endsWith('.ko'))
      .sort()
      .map((each) => join(folder, each)),
    from: `${from.package} ${from.version}`,
  };
  return tried === undefined || tried.sha256 === from.sha256 ? kernel : { ...kernel, note };
}

async function fetchKernel(row: KernelRow): Promise<KernelPackage | undefined> {
  await mkdir(FOLDER, { recursive: true });
  const scratch = await mkdtemp(join(FOLDER, `${UNFINISHED}${formatOwner(SELF)}-`));
  try {
    const apt = await Apt.of(scratch, row.suite, row.arch);
    if (apt === undefined) return undefined;
    const { tried } = row;
    const wanted = (tried && (await apt.newest(literal(tried.package)))) ?? (await apt.newest(row.package));
    if (wanted === undefined) return undefined;
    const file = await apt.download(wanted);
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    if (tried?.version === wanted.version && sha256 !== tried.sha256)
      throw new LabError(`${wanted.package} ${wanted.version} is not what images/kernels.json says: ${sha256}`);
    const modules = modulesOf(wanted);
    const beside = modules === undefined ? undefined : await apt.newest(literal(modules));
    const files = beside?.version === wanted.version ? [file, await apt.download(beside)] : [file];
    await unpackKernel(files, scratch, folderOf(wanted));
    return wanted;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

const literal = (text: string): string => text.replaceAll(/[.+]/g, String.raw`\$&`);

/** Nothing is installed; of the packages only the kernel and a few modules are kept. From 7.0 on it lies where modules do. */
async function unpackKernel(files: readonly string[], scratch: string, destination: string): Promise<void> {
  const folder = join(scratch, 'unpacked');
  for (const file of files) await run('dpkg-deb', ['-x', file, folder]);
  const names = await readdir(folder, { recursive: true });
  const name = names.find((each) => /(^|\/)vmlinuz(-[^/]+)?$/.test(each));
  if (name === undefined) throw new LabError(`${files[0]} holds no vmlinuz`);
  await mkdir(destination, { recursive: true });
  for (const module of names.filter((each) => MODULES.includes(/([^/]+)\.ko(\.xz)?$/.exec(each)?.[1] ?? ''))) {
    const packed = join(folder, module);
    if (packed.endsWith('.xz')) await run('xz', ['-d', packed]);
    await rename(packed.replace(/\.xz$/, ''), join(destination, basename(packed, '.xz')));
  }
  await rename(join(folder, name), join(destination, KERNEL));
}

async function writeWhole(path: string, text: string): Promise<void> {
  const aside = join(FOLDER, `${UNFINISHED}${formatOwner(SELF)}-${basename(path)}`);
  await writeFile(aside, text);
  await rename(aside, path);
}
