import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';

/** Debian's words for the machine that a kernel is for. */
export type KernelArch = 'amd64' | 'i386';

/** A package that holds a kernel, found by apt or written down when it was tried. */
export interface KernelPackage {
  readonly package: string;
  readonly version: string;
  readonly sha256: string;
}

/** A kernel of Debian's archive: images/kernels.json. */
export interface KernelRow {
  /** `6.1`, or `6.1-i386`. */
  readonly name: string;
  readonly arch: KernelArch;
  readonly suite: string;
  /** Regular expression of the package's name; of what it matches the newest succeeds what was tried. */
  readonly package: string;
  readonly tried?: KernelPackage;
  /** What it has that others in the list have not. */
  readonly why: string;
}

/** A kernel of the user's own. */
export interface KernelFile {
  readonly name: string;
  readonly arch: KernelArch;
  /** Of a bzImage. */
  readonly path: string;
}

export const KERNELS: readonly KernelRow[] = (
  JSON.parse(readFileSync(join(ROOT, 'images/kernels.json'), 'utf8')) as { kernels: KernelRow[] }
).kernels;

/** Where a kernel that is in no row is looked for. */
const SUITES: Record<KernelArch, readonly string[]> = {
  amd64: ['trixie-backports', 'trixie', 'bookworm-backports', 'bookworm', 'bullseye', 'sid', 'experimental'],
  i386: ['bookworm-backports', 'bookworm', 'bullseye'],
};
const FLAVOUR: Record<KernelArch, string> = { amd64: 'cloud-amd64', i386: '686-pae' };

/**
 * What a word of the command line means: a row's name; the path of a bzImage, `i386:` before it when it is 32-bit; or any version
 * that Debian has, with `-i386` after it and `@SUITE`: 6.19, 6.1-i386, 7.2@sid.
 * @returns candidates, the first that exists is meant
 */
export function parseKernel(word: string): readonly (KernelRow | KernelFile)[] {
  const row = KERNELS.find(({ name }) => name === word);
  if (row) return [row];
  const file = /^(?:(amd64|i386):)?(.*\/.*)$/.exec(word);
  if (file) return [{ name: word, arch: (file[1] ?? 'amd64') as KernelArch, path: file[2]! }];
  const version = /^(\d+(?:\.\d+)+)(-i386)?(?:@([a-z-]+))?$/.exec(word);
  if (!version)
    throw new Error(
      `no kernel is called ${word}: wanted ${KERNELS.map(({ name }) => name).join(', ')}, a version such as 6.19, 6.1-i386 or 7.2@sid, or the path of a bzImage`,
    );
  const arch = version[2] ? 'i386' : 'amd64';
  const pattern = `linux-(image|binary)-${version[1]!.replaceAll('.', String.raw`\.`)}[-+.].*${FLAVOUR[arch]}`;
  const suites = version[3] ? [version[3]] : SUITES[arch];
  return suites.map((suite) => ({ name: word, arch, suite, package: pattern, why: 'asked for' }));
}
