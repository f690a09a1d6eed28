import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { makeLabDirectory } from '../directory.ts';
import { unmountBelow } from '../mounts.ts';
import { formatOwner, OWNER_VARIABLE, SELF } from '../owner.ts';
import { LabError } from '../running.ts';
import { LAB_LABEL, OF_IMAGE } from './labels.ts';
import { followed } from './progress.ts';

const SUITE = 'bookworm';
const DEFAULT_MIRROR = 'http://deb.debian.org/debian';
const DEBOOTSTRAP = '/usr/sbin/debootstrap';

/** A Debian system made from its archive, imported under the name that it has in a registry. */
export async function importDebian(
  docker: Docker,
  name: string,
  debianArch: 'amd64' | 'i386',
  interrupted: AbortSignal,
): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync(DEBOOTSTRAP))
    throw new LabError(`${name} can neither be pulled nor built here: that takes root and Debian's debootstrap`);
  const dir = await makeLabDirectory();
  try {
    const mirror = await findMirror();
    await run(DEBOOTSTRAP, ['--variant=minbase', `--arch=${debianArch}`, SUITE, dir, mirror], interrupted);
    const [repo, tag] = name.split(':');
    const tar = spawn('tar', ['-C', dir, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const packed = once(tar, 'close') as Promise<[number | null]>;
    const changes = `LABEL ${LAB_LABEL}=${OF_IMAGE}`;
    try {
      const said = await docker.importImage(tar.stdout, { repo, tag, changes });
      await followed(docker, said, `the import of ${name}`, interrupted);
    } catch (error) {
      // Nobody reads what it packs any more.
      tar.kill();
      tar.stdout.destroy();
      await packed;
      throw error;
    }
    const [status] = await packed;
    if (status !== 0) throw new LabError(`tar of ${dir} failed (status ${status})`);
  } finally {
    // A debootstrap that was ended leaves its /proc mounted.
    await unmountBelow(dir);
    await rm(dir, { recursive: true, force: true });
  }
}

/** In a group of its own, which goes as a whole. @throws LabError with its last lines */
function run(program: string, args: readonly string[], interrupted: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C', [OWNER_VARIABLE]: formatOwner(SELF) };
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString('latin1')).slice(-2000)));
    const stop = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
    if (interrupted.aborted) stop();
    interrupted.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (status) => {
      interrupted.removeEventListener('abort', stop);
      if (status === 0) resolve();
      else reject(new LabError(`${program} failed:\n${said.trimEnd().split('\n').slice(-10).join('\n')}`));
    });
  });
}

/** Where this host's apt finds Debian, if it does. */
async function findMirror(): Promise<string> {
  const folder = '/etc/apt/sources.list.d';
  const more = existsSync(folder) ? (await readdir(folder)).sort().map((name) => join(folder, name)) : [];
  const texts = ['/etc/apt/sources.list', ...more].filter((path) => existsSync(path));
  for (const path of texts) {
    const mirror = mirrorIn(await readFile(path, 'utf8'));
    if (mirror !== undefined) return mirror;
  }
  return DEFAULT_MIRROR;
}

/** The mirror of this suite in a text of either form. @source sources.list(5) */
export function mirrorIn(text: string): string | undefined {
  const oneLine = new RegExp(`^deb\\s+(?:\\[[^\\]]*\\]\\s+)?(\\S+)\\s+${SUITE}\\s`, 'm').exec(text);
  if (oneLine) return oneLine[1];
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'mi').exec(stanza)?.[1]?.split(/\s+/) ?? [];
    if (field('Types').includes('deb') && field('Suites').includes(SUITE)) return field('URIs')[0];
  }
  return undefined;
}
