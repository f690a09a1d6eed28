import {
  type Stats,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  write,
} from 'node:fs';
import { dirname } from 'node:path';
import { ElfreezeError, invariant } from '../base/errors.ts';
import { cString, encodeName } from '../base/names.ts';
import { SUM_UNIT, sumOf } from '../base/sum.ts';
import type { MemorySource } from '../snapshot/memory.ts';
import { errnoName, ERRNO, syscall } from './linux.ts';

/** What is written: stretches of memory or of files, or bytes, at their offsets; the rest is a hole. */
export interface ImagePiece {
  readonly offset: bigint;
  readonly kind: 'memory' | 'file' | 'bytes' | 'sums';
  readonly address?: bigint;
  /** Number of the file, and where in it the stretch begins. */
  readonly file?: number;
  readonly start?: bigint;
  readonly size?: bigint;
  /** Of memory: read once, as what is summed and what is written must be the same. */
  readonly mayChange?: true;
  readonly bytes?: Uint8Array;
  /** Written last: of the checksums of what else was written. */
  readonly encode?: (sumAt: (offset: bigint) => number) => Uint8Array;
}

/** Told the checksum of each SUM_UNIT of a stretch, by its offset in the file. */
type OnSum = (offset: bigint, sum: number) => void;

/** Where they are read, and who can write memory without us. */
export interface ImageSources {
  readonly memory: MemorySource;
  readonly files: readonly MemorySource[];
  readonly writeOut?: WriteOut | undefined;
}

/** @returns the pieces that are left to be written */
export type WriteOut = (
  fd: number,
  pieces: readonly ImagePiece[],
  onWritten: (bytes: number) => void,
  onSum: OnSum,
) => readonly ImagePiece[];

const CHUNK = SUM_UNIT;
const PAGE = 4096;
/** Reads and writes under way at once: two cores' worth, and no more memory than this many chunks. */
const DEPTH = 4;
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const O_TMPFILE = 0o20200000;
const ZEROS = Buffer.alloc(PAGE);

/** @throws OUTPUT_SYMLINK OUTPUT_EXISTS OUTPUT_FAILED when the image cannot be written to `path`: before anything is frozen */
export function checkOutput(path: string): void {
  const existing = look(path);
  if (existing?.isSymbolicLink()) throw new ElfreezeError('OUTPUT_SYMLINK', `${path} is a symbolic link`);
  if (existing && !existing.isFile()) throw new ElfreezeError('OUTPUT_EXISTS', `${path} is not a regular file`);
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(encodeName(path), { throwIfNoEntry: false });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // a directory that may not be searched, a name that is too long
    throw new ElfreezeError('OUTPUT_FAILED', `cannot write ${path}: ${code ?? String(cause)}`, { cause });
  }
}

/** What happens to an image while it is written. */
export interface WhileWriting {
  readonly onWritten?: (bytes: number) => void;
  /** Given the path of the complete file, which can be executed and has no name yet. What it throws leaves no file. */
  readonly beforeNamed?: ((path: string) => Promise<void>) | undefined;
}

/**
 * Writes an executable that only its owner can touch. The file has no name until it is complete, so that nothing is
 * left behind whatever happens, SIGKILL included.
 * @throws OUTPUT_SYMLINK OUTPUT_EXISTS OUTPUT_FAILED READ_FAILED, and what `beforeNamed` throws
 */
export async function writeImageFile(
  path: string,
  pieces: readonly ImagePiece[],
  size: bigint,
  sources: ImageSources,
  { onWritten = () => undefined, beforeNamed }: WhileWriting = {},
): Promise<void> {
  checkOutput(path);
  const file = openNameless(dirname(path));
  let { fd } = file;
  try {
    const [others, stretches] = [
      pieces.filter(({ kind }) => kind === 'bytes' || kind === 'file'),
      pieces.filter(({ kind }) => kind === 'memory'),
    ];
    const sums = new Map<bigint, number>();
    const onSum: OnSum = (offset, sum) => sums.set(offset, sum);
    const left = sources.writeOut?.(fd, stretches, onWritten, onSum) ?? stretches;
    await writePieces(fd, [...others, ...left], sources, onWritten, onSum);
    await writeSums(fd, pieces, sums);
    ftruncateSync(fd, Number(size));
    fchmodSync(fd, 0o700); // whatever the umask took away
    fd = openForReading(fd);
    await beforeNamed?.(`/proc/${process.pid}/fd/${fd}`);
    file.publish(fd, path);
  } catch (error) {
    file.discard();
    if (error instanceof ElfreezeError) throw error;
    throw new ElfreezeError(
      'OUTPUT_FAILED',
      `cannot write ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      { cause: error },
    );
  } finally {
    closeSync(fd);
  }
}

/** Nobody may execute a file that is open for writing. */
function openForReading(fd: number): number {
  const same = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY);
  closeSync(fd);
  return same;
}

interface Nameless {
  /** Open for writing. */
  readonly fd: number;
  /** Gives the complete file, open as `fd`, its name, replacing a file of that name in one step. */
  publish(fd: number, path: string): void;
  discard(): void;
}

function openNameless(directory: string): Nameless {
  const temporary = (): string => `${directory}/.elfreeze-${process.pid}-${process.hrtime.bigint()}.tmp`;
  const open = (path: string, flags: number): number | 'no nameless files here' => {
    try {
      return openSync(encodeName(path), flags | constants.O_RDWR, 0o700);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (path === directory && (code === 'EOPNOTSUPP' || code === 'EISDIR')) return 'no nameless files here';
      const what = `cannot write to ${directory}: ${code ?? String(error)}`;
      throw new ElfreezeError('OUTPUT_FAILED', what, { cause: error });
    }
  };
  const nameless = open(directory, O_TMPFILE);
  if (typeof nameless === 'number') {
    return { fd: nameless, publish: (fd, path) => link(fd, path, temporary()), discard: () => undefined };
  }
  // A name of our own then, removed on every path but SIGKILL.
  const name = temporary();
  const fd = open(name, constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW);
  invariant(typeof fd === 'number', 'a file with a name is opened or refused');
  return {
    fd,
    publish: (_, path) => renameSync(encodeName(name), encodeName(path)),
    discard: () => unlinkSync(encodeName(name)),
  };
}

function link(fd: number, path: string, temporary: string): void {
  const source = cString(`/proc/self/fd/${fd}`);
  const linkTo = (name: string): number =>
    syscall('linkat', AT_FDCWD, source, AT_FDCWD, cString(name), AT_SYMLINK_FOLLOW);
  const result = linkTo(path);
  if (result === 0) return;
  if (result !== -(ERRNO['EEXIST'] ?? 0))
    throw new ElfreezeError('OUTPUT_FAILED', `cannot name ${path}: ${errnoName(-result)}`);
  checkOutput(path);
  const again = linkTo(temporary);
  if (again < 0) throw new ElfreezeError('OUTPUT_FAILED', `cannot name ${temporary}: ${errnoName(-again)}`);
  try {
    renameSync(encodeName(temporary), encodeName(path));
  } catch (error) {
    unlinkSync(encodeName(temporary));
    throw error;
  }
}

/** Several chunks are under way at once, so that reading and writing overlap. */
async function writePieces(
  fd: number,
  pieces: readonly ImagePiece[],
  { memory, files }: ImageSources,
  onWritten: (bytes: number) => void,
  onSum: OnSum,
): Promise<void> {
  const jobs = chunks(pieces);
  const worker = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    for (const job of jobs) {
      if (job.bytes) await writeAll(fd, job.bytes, job.offset);
      else {
        const chunk = buffer.subarray(0, job.size);
        const source = job.file === undefined ? memory : files[job.file];
        invariant(source !== undefined, 'every file has a source');
        await source.read(job.address, chunk);
        onSum(job.offset, sumOf(chunk));
        await writeNonZero(fd, chunk, job.offset);
        onWritten(job.size);
      }
    }
  };
  // A worker that fails ends the jobs for all; the descriptor is closed only when each has finished what it was at.
  const ends = await Promise.allSettled(Array.from({ length: DEPTH }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function writeSums(fd: number, pieces: readonly ImagePiece[], sums: ReadonlyMap<bigint, number>): Promise<void> {
  for (const { offset, encode } of pieces) {
    if (!encode) continue;
    const bytes = encode((at) => {
      const sum = sums.get(at);
      invariant(sum !== undefined, `what is at ${at} was written`);
      return sum;
    });
    await writeAll(fd, bytes, offset);
  }
}

/** Without `bytes`: so many from an address of the memory, or from an offset of a file. */
interface Job {
  readonly offset: bigint;
  readonly file?: number | undefined;
  readonly address: bigint;
  readonly size: number;
  readonly bytes?: Uint8Array;
}

function* chunks(pieces: readonly ImagePiece[]): Generator<Job, void, void> {
  for (const { offset, bytes, file, start = 0n, address = start, size = 0n } of pieces) {
    if (bytes) {
      yield { offset, bytes, address, size: bytes.length };
      continue;
    }
    for (let done = 0n; done < size; done += BigInt(CHUNK)) {
      const left = size - done;
      const part = left < BigInt(CHUNK) ? Number(left) : CHUNK;
      yield { offset: offset + done, file, address: address + done, size: part };
    }
  }
}

/** Pages of zeros stay holes. */
async function writeNonZero(fd: number, chunk: Buffer, offset: bigint): Promise<void> {
  let start = -1;
  for (let at = 0; at < chunk.length; at += PAGE) {
    if (isZero(chunk, at)) {
      if (start >= 0) await writeAll(fd, chunk.subarray(start, at), offset + BigInt(start));
      start = -1;
    } else if (start < 0) start = at;
  }
  if (start >= 0) await writeAll(fd, chunk.subarray(start), offset + BigInt(start));
}

const isZero = (chunk: Buffer, at: number): boolean =>
  chunk[at] === 0 &&
  chunk[at + 2048] === 0 &&
  chunk.compare(ZEROS, 0, Math.min(PAGE, chunk.length - at), at, Math.min(at + PAGE, chunk.length)) === 0;

function writeAll(fd: number, bytes: Uint8Array, offset: bigint): Promise<void> {
  return new Promise((done, fail) => {
    const next = (written: number): void => {
      write(fd, bytes, written, bytes.length - written, Number(offset) + written, (error, count) => {
        if (error) fail(error);
        else if (written + count === bytes.length) done();
        else next(written + count);
      });
    };
    next(0);
  });
}
