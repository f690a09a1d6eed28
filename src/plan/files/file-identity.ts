import { splitDev } from '../../base/device.ts';
import { RELATION, type Slot } from '../../restorer/steps.ts';
import type { Program } from '../program/program.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';

const AT_FDCWD = -100n;
const AT_EMPTY_PATH = 0x1000n;
const STATX_BASIC_STATS = 0x7ffn;
/** Offsets and sizes in struct statx. @source statx(2), include/uapi/linux/stat.h */
const STATX = {
  mode: [28n, 2n],
  ino: [32n, 8n],
  size: [40n, 8n],
  rdevMajor: [128n, 4n],
  rdevMinor: [132n, 4n],
  devMajor: [136n, 4n],
  devMinor: [140n, 4n],
} as const;

export interface FileIdentity {
  readonly path: string;
  readonly inode?: bigint;
  readonly dev?: { readonly major: bigint; readonly minor: bigint };
  readonly rdev?: { readonly major: bigint; readonly minor: bigint };
  /** The file may have grown since. */
  readonly minSize?: bigint;
}

/** By its path, and no other of that name. */
export function enterWorkingDirectory(program: Program, { cwd, cwdFile }: Snapshot): void {
  program.call('chdir', [program.putString(cwd)], `enter the working directory ${cwd}`);
  if (cwdFile) fileIdentityChecks(program, AT_FDCWD, { path: cwd, inode: cwdFile.inode, dev: splitDev(cwdFile.dev) });
}

/** Refuses, by name, when the open file, or the working directory, is not the one that was recorded. */
export function fileIdentityChecks(program: Program, fd: Slot | typeof AT_FDCWD, identity: FileIdentity): void {
  const { path, inode, dev, rdev, minSize } = identity;
  const stat = program.answer;
  program.call('statx', [fd, program.putString(''), AT_EMPTY_PATH, STATX_BASIC_STATS, stat], `look at ${path}`);
  const check = (field: keyof typeof STATX, relation: number, value: bigint | undefined, complaint: string): void => {
    if (value === undefined) return;
    const [offset, size] = STATX[field];
    program.do('check', [stat + offset, size, BigInt(relation), value], complaint);
  };
  const other =
    fd === AT_FDCWD
      ? `${path} is another directory than the one that the process was frozen in`
      : `${path} is another file than the one that was open when the process was frozen`;
  check('ino', RELATION.eq, inode, other);
  check('devMajor', RELATION.eq, dev?.major, other);
  check('devMinor', RELATION.eq, dev?.minor, other);
  check('rdevMajor', RELATION.eq, rdev?.major, `${path} is another device than when the process was frozen`);
  check('rdevMinor', RELATION.eq, rdev?.minor, `${path} is another device than when the process was frozen`);
  check('size', RELATION.ge, minSize, `${path} is shorter than when the process was frozen`);
}

const S_IFSOCK = 0o140000n;

/** Two steps. */
export function checkIsSocket(program: Program, path: string): void {
  const stat = program.answer;
  program.call('statx', [AT_FDCWD, program.putString(path), 0n, STATX_BASIC_STATS, stat], `look at ${path}`);
  const [offset, size] = STATX.mode;
  program.do('check', [stat + offset, size, BigInt(RELATION.has), S_IFSOCK], `${path} is not a socket`);
}

/**
 * Goes on with the next step when the open file has this inode and device, and else jumps over `count` steps after it.
 */
export function unlessSameFile(program: Program, fd: Slot, { path, inode, dev }: FileIdentity, count: number): void {
  const stat = program.answer;
  program.attempt('statx', [fd, program.putString(''), AT_EMPTY_PATH, STATX_BASIC_STATS, stat], `look at ${path}`);
  const wanted = [
    [STATX.ino, inode],
    [STATX.devMajor, dev?.major],
    [STATX.devMinor, dev?.minor],
  ] as const;
  wanted.forEach(([[offset, size], value], index) => {
    program.do('check', [stat + offset, size, BigInt(RELATION.eq), value ?? 0n], `is it the same ${path}?`, 1);
    program.jump(2 * (wanted.length - 1 - index) + count);
  });
}
