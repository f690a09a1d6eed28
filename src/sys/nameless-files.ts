import { closeSync, constants, fstatSync, read as readCallback, statfsSync } from 'node:fs';
import { ElfreezeError } from '../base/errors.ts';
import type { Range } from '../base/range.ts';
import type { MemorySource } from '../snapshot/memory.ts';
import { type FileStat, openRegular } from './files.ts';
import { syscall } from './linux.ts';
import { dataOf } from './map-files.ts';

/** @source fcntl(2), statfs(2) */
const F_GET_SEALS = 1034;
/** File systems whose files are more, or less, than bytes. @source include/uapi/linux/magic.h, ipc/mqueue.c */
const NOT_BYTES: Readonly<Record<number, string>> = {
  0x9584_58f6: 'huge page (hugetlbfs) memory',
  0x1980_0202: 'a message queue',
  0x9fa0: 'procfs',
  0x6265_6572: 'sysfs',
  0x27_e0eb: 'cgroupfs',
  0x6367_7270: 'cgroupfs',
  0x6462_6720: 'debugfs',
  0x7472_6163: 'tracefs',
  0x5345_434d: 'secret memory',
};

/** A file that another process has open, whose bytes are read by offset. The process's own position and times stay. */
export class NamelessContents implements MemorySource, Disposable {
  private readonly fd: number;
  private readonly path: string;

  /**
   * @param inode of the file that it led to: whoever shares the descriptors, but not the threads, may have put another in its place
   * @throws READ_FAILED when it may not be read
   * @throws TARGET_CHANGED
   */
  constructor(pid: number, fd: number, inode: bigint) {
    this.path = `/proc/${pid}/fd/${fd}`;
    this.fd = openQuietly(this.path);
    const { ino, nlink } = this.stat;
    if (ino === inode && nlink === 0n) return;
    closeSync(this.fd);
    throw new ElfreezeError('TARGET_CHANGED', `descriptor ${fd} of process ${pid} leads to another file than before`);
  }

  get stat(): FileStat {
    return fstatSync(this.fd, { bigint: true });
  }

  /** F_SEAL_* of a memfd. */
  get seals(): number {
    return Math.max(0, syscall('fcntl', this.fd, F_GET_SEALS));
  }

  /** What is no hole, ascending. */
  extents(): Range[] {
    const extents = dataOf(this.fd);
    if (!extents) throw this.unreadable('its holes are not told');
    return extents;
  }

  async read(offset: bigint, into: Uint8Array): Promise<void> {
    const count = await readAt(this.fd, offset, into, (error) => this.unreadable(error.code ?? String(error), error));
    if (count < into.length) throw this.unreadable('it is shorter than it was');
  }

  private unreadable(why: string, cause?: unknown): ElfreezeError {
    return new ElfreezeError('READ_FAILED', `${this.path}: ${why}`, { cause });
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** @returns how many bytes there were: fewer only at the end of the file */
function readAt(
  fd: number,
  offset: bigint,
  into: Uint8Array,
  failed: (error: NodeJS.ErrnoException) => Error,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const next = (done: number): void => {
      readCallback(fd, into, done, into.length - done, offset + BigInt(done), (error, count) => {
        if (error) reject(failed(error));
        else if (count === 0 || done + count === into.length) resolve(done + count);
        else next(done + count);
      });
    };
    next(0);
  });
}

/** A file that a process has mapped, by offset: whole pages, as memory shows them, with zeros past the end of the file. */
export class MappedFile implements MemorySource, Disposable {
  private readonly fd: number;
  private readonly path: string;

  private constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  /**
   * @param paths where it may be
   * @param isIt whether that is what was found there
   * @returns undefined where it is not, or may not be read
   */
  static open(paths: readonly string[], isIt: (stat: FileStat) => boolean): MappedFile | undefined {
    for (const path of paths) {
      try {
        const file = new MappedFile(openQuietly(path), path);
        if (isIt(fstatSync(file.fd, { bigint: true }))) return file;
        file[Symbol.dispose]();
      } catch (error) {
        if (!(error instanceof ElfreezeError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
        // Not there, not readable, or no regular file: the next one may be.
      }
    }
    return undefined;
  }

  async read(offset: bigint, into: Uint8Array): Promise<void> {
    const count = await readAt(this.fd, offset, into, (cause) => {
      return new ElfreezeError('READ_FAILED', `${this.path}: ${cause.code ?? String(cause)}`, { cause });
    });
    into.fill(0, count);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** Only the owner of a file may leave the time of its last access alone. */
function openQuietly(path: string): number {
  for (const flags of [constants.O_RDONLY | constants.O_NOATIME, constants.O_RDONLY]) {
    try {
      return openRegular(path, flags);
    } catch (cause) {
      if (cause instanceof ElfreezeError) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EPERM' && flags !== constants.O_RDONLY) continue;
      throw new ElfreezeError('READ_FAILED', `${path}: ${code ?? String(cause)}`, { cause });
    }
  }
  throw new ElfreezeError('READ_FAILED', path);
}

/** What a file is that is not just its bytes. */
export const notBytes = (path: string): string | undefined => NOT_BYTES[statfsSync(path).type];
