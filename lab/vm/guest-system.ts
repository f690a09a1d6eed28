import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Compiler } from '../compile.ts';
import { UNFINISHED } from '../directory.ts';
import { formatOwner, SELF } from '../owner.ts';
import { CACHE, ROOT } from '../root.ts';
import { encodeCpio, type Entry } from './cpio.ts';
import type { KernelArch } from './kernel-row.ts';
import type { Kernel } from './kernels.ts';
import { librariesOf } from './libraries.ts';
import type { Vm } from './vm.ts';

/** What is in a guest: `bare` its first process and the lab's eye; `node` also what runs the built command line. */
export type System = 'bare' | 'node';

/** Where things are in a guest. */
export const IN_GUEST = {
  peek: '/lab/peek',
  below: '/lab/below',
  node: '/lab/node',
  elfreeze: '/lab/elfreeze',
  modules: '/lab/modules',
} as const;

const GUEST = join(ROOT, 'lab/vm/guest');
const BITS: Record<KernelArch, '32' | '64'> = { amd64: '64', i386: '32' };
/** Memory that a guest needs: the unpacked archive is memory too. */
export const MEBIBYTES: Record<System, number> = { bare: 768, node: 1536 };

const made = new Map<string, Promise<string>>();

/** @returns the path of an initramfs */
export function makeSystem(system: System, arch: KernelArch, compiler: Compiler): Promise<string> {
  const name = `${system}-${arch}`;
  const path = made.get(name) ?? makeOnce(system, arch, compiler);
  made.set(name, path);
  return path;
}

async function makeOnce(system: System, arch: KernelArch, compiler: Compiler): Promise<string> {
  const sources = ['guest.c', 'line.c', 'files.c', 'processes.c'].map((name) => join(GUEST, name));
  const init = await compiler.guestProgram(BITS[arch], 'init', sources, [join(GUEST, 'guest.h')]);
  const peek = await compiler.guestProgram(BITS[arch], 'peek', [join(ROOT, 'lab/judge/peek.c')]);
  const entries: Entry[] = [
    await program('init', init),
    await program(IN_GUEST.peek, peek),
    await program(IN_GUEST.below, await belowProgram(arch, compiler)),
  ];
  if (system === 'node') {
    entries.push(await program(IN_GUEST.node, process.execPath));
    for (const library of await librariesOf(process.execPath)) entries.push(await program(library, library));
  }
  const archive = encodeCpio(entries);
  const digest = createHash('sha256').update(archive).digest('hex').slice(0, 24);
  const path = join(CACHE, 'vm', `${system}-${arch}-${digest}.cpio`);
  if (existsSync(path)) await utimes(path, new Date(), new Date());
  else await keep(path, archive);
  return path;
}

/** Starts a program of 32 bits below 3 GiB. @returns its path on this host */
export const belowProgram = (arch: KernelArch, compiler: Compiler): Promise<string> =>
  compiler.guestProgram(BITS[arch], 'below', [join(ROOT, 'lab/vm/below.c')]);

const program = async (at: string, path: string): Promise<Entry> => ({
  path: at.replace(/^\//, ''),
  mode: 0o755,
  bytes: await readFile(path),
});

const KEPT_MS = 24 * 60 * 60_000;

/** Written aside and moved in place, so that what is there is whole. What nobody has booted for a day goes. */
async function keep(path: string, archive: Buffer): Promise<void> {
  const folder = join(path, '..');
  await mkdir(folder, { recursive: true });
  for (const name of (await readdir(folder)).filter((each) => each.includes('.cpio'))) {
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(folder, name), { force: true });
  }
  const aside = join(folder, `${UNFINISHED}${formatOwner(SELF)}-${basename(path)}`);
  await writeFile(aside, archive);
  await rename(aside, path);
}

/** What `bin/elfreeze` needs, besides Node. */
const COMMAND_LINE = ['bin/package.json', 'bin/elfreeze', 'dist/elfreeze'];
const FFI = ['node_modules/koffi', 'node_modules/@koromix/koffi-linux-x64'];

/** The built command line; it changes oftener than a guest's archive. */
export async function putElfreeze(vm: Vm): Promise<void> {
  for (const name of [...COMMAND_LINE, ...FFI]) await putAll(vm, join(ROOT, name), join(IN_GUEST.elfreeze, name));
}

/** What its kernel would load by itself if it knew where from. */
export async function loadModules(vm: Vm, { modules }: Kernel): Promise<void> {
  if (modules.length > 0) await vm.makeFolder(IN_GUEST.modules);
  for (const path of modules) {
    const inGuest = join(IN_GUEST.modules, basename(path));
    await vm.put(inGuest, await readFile(path), 0o600);
    await vm.load(inGuest);
  }
}

async function putAll(vm: Vm, from: string, to: string): Promise<void> {
  const names = await readdir(from).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTDIR') throw error;
    return undefined;
  });
  if (names === undefined) {
    await vm.makeFolder(join(to, '..'));
    return vm.put(to, await readFile(from), 0o755);
  }
  for (const name of names) await putAll(vm, join(from, name), join(to, name));
}
