import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { release } from 'node:os';
import { ElfreezeError } from '../base/errors.ts';
import { decodeName, encodeName } from '../base/names.ts';
import type { RandomAccess } from '../elf/read.ts';

export type FileStat = BigIntStats;

export const kernelRelease = (): string => release();
export const cpuinfo = (): string => readFileSync('/proc/cpuinfo', 'latin1');

/** `0-3`: the processors of this host that are running. */
export const onlineCpus = (): string => readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();

/** Where a symbolic link leads. */
export function linkOf(path: string): string {
  const at = asPath(path);
  // As text it takes half the time.
  const text = readlinkSync(at);
  return text.includes(REPLACEMENT) ? decodeName(readlinkSync(at, 'buffer')) : text;
}

/** What Node puts in place of bytes that are no UTF-8. */
export const REPLACEMENT = '\ufffd';

/** Node takes a string for UTF-8, which is what it is of nearly all names. */
const asPath = (path: string): string | Buffer => (path.isWellFormed() ? path : encodeName(path));

/** What a path leads to, or undefined when it leads nowhere. */
export const statOf = (path: string): BigIntStats | undefined =>
  unlessTooLong(() => statSync(asPath(path), { bigint: true, throwIfNoEntry: false }));

/** The same of a symbolic link itself, if that is what the path ends in. */
export const linkStatOf = (path: string): BigIntStats | undefined =>
  unlessTooLong(() => lstatSync(asPath(path), { bigint: true, throwIfNoEntry: false }));

/** A name that no file can have is no file's: of a deleted one the kernel makes such a name. */
function unlessTooLong<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

/** The same, and undefined too where it may not be looked at. */
export function findFile(path: string): BigIntStats | undefined {
  try {
    return linkStatOf(path);
  } catch {
    return undefined;
  }
}

/** Whether /proc/OUR-PID means to process `pid` what it means to us. */
export const seesOurProc = (pid: number): boolean =>
  ['ns/pid', 'ns/mnt', 'root'].every(
    (name) => readlinkSync(`/proc/${pid}/${name}`) === readlinkSync(`/proc/self/${name}`),
  );

/** Whether `path` leads to the file that is open as `fd`. */
export function isSameFile(fd: number, path: string): boolean {
  const [ours, other] = [fstatSync(fd, { bigint: true }), statOf(path)];
  return other !== undefined && ours.dev === other.dev && ours.ino === other.ino;
}

/** Random access to an open file. */
export const fileAccess = (fd: number): RandomAccess => ({
  size: fstatSync(fd, { bigint: true }).size,
  read: (offset, length) => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
  },
});

const O_PATH = 0o10000000;

/**
 * Opens a regular file and nothing else. What a path of another user's leads to may be replaced between a look and an open: by a FIFO, which
 * would be waited for, or by a device, which may act when it is opened. So the look is at what has been found already.
 * @throws READ_FAILED for anything else, and what open(2) says, as Node does
 */
export function openRegular(path: string, flags: number = constants.O_RDONLY): number {
  const found = openSync(encodeName(path), O_PATH);
  try {
    if (!fstatSync(found).isFile()) throw new ElfreezeError('READ_FAILED', `${path} is no regular file`);
    return openSync(`/proc/self/fd/${found}`, flags);
  } finally {
    closeSync(found);
  }
}

/** A regular file that is read here and there, closed with its scope. */
export function openForReading(path: string): RandomAccess & Disposable {
  const fd = openRegular(path);
  return { ...fileAccess(fd), [Symbol.dispose]: () => closeSync(fd) };
}
