import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatOwner, OWNER_VARIABLE, SELF } from '../owner.ts';
import { LabError } from '../running.ts';
import type { KernelArch, KernelPackage } from './kernel-row.ts';

const run = promisify(execFile);

const ARCHIVE = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const OUTPUT_AT_MOST = 64 << 20;

/**
 * apt with a root of its own: one suite for one architecture, this host's keys, and nothing of this host's lists, settings or packages.
 * What it fetches it authenticates.
 */
export class Apt {
  private readonly folder: string;
  private readonly options: readonly string[];

  private constructor(folder: string, arch: KernelArch) {
    this.folder = folder;
    const settings = {
      'Dir::Etc': folder,
      'Dir::Etc::sourcelist': join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': '/dev/null',
      'Dir::State': join(folder, 'state'),
      'Dir::State::status': '/dev/null',
      'Dir::Cache': join(folder, 'cache'),
      'APT::Architecture': arch,
      'APT::Architectures': arch,
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
      'Debug::NoLocking': '1',
    };
    this.options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }

  /** @param folder an empty one, which is the caller's to remove. @returns undefined when the archive has no such suite any more */
  static async of(folder: string, suite: string, arch: KernelArch): Promise<Apt | undefined> {
    if (!existsSync(KEYRING)) throw new LabError(`${KEYRING} is not there: install debian-archive-keyring`);
    await mkdir(join(folder, 'state/lists/partial'), { recursive: true });
    await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
    await writeFile(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${ARCHIVE} ${suite} main\n`);
    const apt = new Apt(folder, arch);
    try {
      await apt.call('apt-get', ['-qq', 'update']);
    } catch (error) {
      if (error instanceof LabError && error.message.includes('does not have a Release file')) return undefined;
      throw error;
    }
    return apt;
  }

  /** The newest package whose whole name the pattern matches. */
  async newest(pattern: string): Promise<KernelPackage | undefined> {
    const whole = new RegExp(`^(?:${pattern})$`);
    const names = (await this.call('apt-cache', ['pkgnames', 'linux-'])).split('\n').filter((name) => whole.test(name));
    if (names.length === 0) return undefined;
    const records = (await this.call('apt-cache', ['show', ...names])).split(/\n\n+/);
    const packages = records.filter((record) => record.trim() !== '').map(parsePackage);
    return packages.sort(byVersion).at(-1);
  }

  /** @returns the path of the package's file */
  async download(wanted: KernelPackage): Promise<string> {
    await this.call('apt-get', ['-qq', 'download', `${wanted.package}=${wanted.version}`]);
    const { stdout } = await run('find', [this.folder, '-maxdepth', '1', '-name', `${wanted.package}_*.deb`]);
    return stdout.trim();
  }

  private async call(program: string, args: readonly string[]): Promise<string> {
    try {
      const options = {
        cwd: this.folder,
        maxBuffer: OUTPUT_AT_MOST,
        env: { ...process.env, LC_ALL: 'C', [OWNER_VARIABLE]: formatOwner(SELF) },
      };
      return (await run(program, [...this.options, ...args], options)).stdout;
    } catch (cause) {
      const { stderr = '', message } = cause as Error & { stderr?: string };
      throw new LabError(`${program} ${args[0]}: ${stderr.trim() || message}`, { cause });
    }
  }
}

/** A record of apt-cache show. @source deb822(5) */
export function parsePackage(record: string): KernelPackage {
  const field = (name: string): string => {
    const value = new RegExp(`^${name}: (.*)$`, 'm').exec(record)?.[1];
    if (value === undefined) throw new Error(`apt-cache: a record without ${name}: ${record.slice(0, 200)}`);
    return value;
  };
  return { package: field('Package'), version: field('Version'), sha256: field('SHA256') };
}

/**
 * Kernel packages of one suite: their versions differ in numbers only. Where there is a linux-binary of the same version (from 6.19 on), that
 * holds the kernel, and the linux-image is empty.
 */
export const byVersion = (one: KernelPackage, other: KernelPackage): number =>
  one.version.localeCompare(other.version, 'en', { numeric: true }) ||
  Number(isBinary(one)) - Number(isBinary(other)) ||
  one.package.localeCompare(other.package, 'en', { numeric: true });

/** The package that holds the modules of a kernel that is alone in its own. */
export const modulesOf = (kernel: KernelPackage): string | undefined =>
  isBinary(kernel) ? kernel.package.replace('-binary-', '-modules-') : undefined;

const isBinary = (one: KernelPackage): boolean => one.package.startsWith('linux-binary-');
