import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { ElfreezeError, type ErrorCode } from '../base/errors.ts';
import { encodeName } from '../base/names.ts';
import { hex } from '../base/range.ts';
import type { RandomAccess } from '../elf/read.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NO_SUCH_FILE',
  ENOTDIR: 'NO_SUCH_FILE',
  EACCES: 'NOT_PERMITTED',
};

/** A regular file, open for reading here and there. */
export class ImageFile implements RandomAccess, Disposable {
  readonly path: string;
  readonly size: bigint;
  private readonly fd: number;

  /** @throws NO_SUCH_FILE NOT_PERMITTED READ_FAILED IMAGE_INVALID */
  constructor(path: string) {
    this.path = path;
    this.fd = open(path);
    const stat = fstatSync(this.fd, { bigint: true });
    this.size = stat.size;
    if (stat.isFile()) return;
    closeSync(this.fd);
    throw new ElfreezeError('IMAGE_INVALID', `${path} is not a regular file`);
  }

  read(offset: bigint, length: number): Uint8Array {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.fd, bytes, 0, length, offset));
  }

  /** Fills `into` from `offset` on. Several reads may be under way at once. @throws READ_FAILED */
  async fill(offset: bigint, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const count = await this.readSome(offset + BigInt(done), into.subarray(done));
      if (count === 0) throw this.unreadable(offset + BigInt(done));
      done += count;
    }
  }

  private readSome(offset: bigint, into: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.fd, into, 0, into.length, offset, (error, count) => {
        if (error) reject(this.unreadable(offset, error));
        else resolve(count);
      });
    });
  }

  private unreadable(offset: bigint, cause?: unknown): ElfreezeError {
    return new ElfreezeError('READ_FAILED', `${this.path} cannot be read at ${hex(offset)}`, { cause });
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

function open(path: string): number {
  try {
    return openSync(encodeName(path), constants.O_RDONLY | constants.O_NONBLOCK); // a FIFO would be waited for
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    throw new ElfreezeError(CODES[code] ?? 'READ_FAILED', `${path} cannot be opened: ${code}`, { cause });
  }
}
