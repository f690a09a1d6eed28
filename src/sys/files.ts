import { type BigIntStats, closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { release } from 'node:os';
import type { RandomAccess } from '../elf/read.ts';

export type FileStat = BigIntStats;

export const kernelRelease = (): string => release();
export const cpuinfo = (): string => readFileSync('/proc/cpuinfo', 'latin1');

/** What a path leads to, or undefined when it leads nowhere. */
export const statOf = (path: string): BigIntStats | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false });

/** A file that is read here and there. */
export class OpenFile implements RandomAccess, Disposable {
  readonly size: bigint;
  private readonly fd: number;

  constructor(path: string) {
    this.fd = openSync(path, 'r');
    this.size = fstatSync(this.fd, { bigint: true }).size;
  }

  read(offset: bigint, length: number): Uint8Array {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.fd, bytes, 0, length, offset));
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
