import { ElfreezeError, invariant } from '../../base/errors.ts';
import { SUM_UNIT } from '../../base/sum.ts';
import { PAGE, pageCeil, type Range, sizeOf } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import { ERRAND } from '../../errand/errand.generated.ts';
import {
  decodeResults,
  encodeTable,
  type ErrandCall,
  MAX_FOUND,
  SEARCH,
  tableSize,
  WRITE_SPARSELY,
} from '../../errand/table.ts';
import type { Registers } from '../../snapshot/thread.ts';
import { isSameFile, seesOurProc } from '../../sys/files.ts';
import type { ImagePiece } from '../../sys/image-file.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';
import type { Tracee } from '../../sys/ptrace.ts';
import { type Asked, type Question, ROOM } from './ask.ts';
import type { Loan } from './loan.ts';

const PROT_RWX = 7n;
const MAP_SHARED_ANONYMOUS = 0x21n;
const MAX_CALLS = 256;
invariant(MAX_FOUND * 8 <= MAX_CALLS * ROOM, 'what a search finds has room');
const SIGTRAP = 5;
/** Only the flag that is always set: code expects the direction flag clear. */
const EFLAGS = 0x202n;
const AT_FDCWD = -100n;
const O_WRONLY_LARGEFILE_CLOEXEC = 0o2100001n;
/** Below this a stretch is read sooner than asked for. */
const MIN_STRETCH = 1n << 20n;
/** Written in one go: how often progress is told. */
const MAX_STRETCH = 64n << 20n;
invariant((MAX_STRETCH / BigInt(SUM_UNIT)) * 4n <= BigInt(MAX_CALLS * ROOM), 'the checksums of a stretch have room');

/** How much was written, and the checksum of each SUM_UNIT by its offset in the file. */
type Told = readonly [onWritten: (bytes: number) => void, onSum: (offset: bigint, sum: number) => void];

/**
 * The errand runner in a copy, which nobody else can see: many system calls for one stop, and memory written to a file
 * without passing through us. It lives in memory of its own, shared so that no neighbouring mapping becomes one with it.
 */
export class Errand implements Asked {
  readonly arch: Arch;
  /** Its memory, which is no part of the process. */
  readonly range: Range;
  private readonly copy: Tracee;
  private readonly memory: ProcessMemory;
  private readonly registers: Registers;

  private constructor(loan: Loan, memory: ProcessMemory, range: Range) {
    this.arch = loan.arch;
    this.copy = loan.tracee;
    this.memory = memory;
    this.registers = loan.stopped.registers;
    this.range = range;
    memory.write(range.start, Buffer.from(ERRAND[loan.arch.name], 'base64'));
  }

  /** @returns undefined where the copy gets no such memory: its address space is full, or code may not be made */
  static prepare(loan: Loan, memory: ProcessMemory): Errand | undefined {
    const { wordSize } = loan.arch;
    const size = 2n * PAGE + BigInt(tableSize(MAX_CALLS, wordSize) + MAX_CALLS * ROOM);
    const result = loan.call('mmap', 0n, size, PROT_RWX, MAP_SHARED_ANONYMOUS, -1n, 0n);
    if (result < 0n && result >= -4095n) return undefined;
    const start = BigInt.asUintN(wordSize * 8, result);
    return new Errand(loan, memory, { start, end: pageCeil(start + size) });
  }

  /** A page of code, a page of stack below the table, and the rooms behind it. */
  private get table(): bigint {
    return this.range.start + 2n * PAGE;
  }

  private room(index: number): bigint {
    return this.table + BigInt(tableSize(MAX_CALLS, this.arch.wordSize) + index * ROOM);
  }

  /** @returns what each call returned; undefined when memory could not be read */
  private run(calls: readonly ErrandCall[]): bigint[] | undefined {
    const { arch, copy, memory, table } = this;
    memory.write(table, encodeTable(calls, arch.wordSize));
    copy.setRegisters(arch, {
      ...this.registers,
      eflags: EFLAGS,
      [arch.origAx]: -1n,
      [arch.ip]: this.range.start,
      [arch.sp]: table,
    });
    copy.resume();
    const stop = copy.wait(Number.POSITIVE_INFINITY);
    if (stop.kind !== 'signal') throw new ElfreezeError('TARGET_GONE', 'the copy of the process was killed');
    if (stop.signal !== SIGTRAP) return undefined;
    return decodeResults(memory.readNow(table, tableSize(calls.length, arch.wordSize)), calls.length, arch.wordSize);
  }

  ask<T>(questions: readonly Question<T>[]): T[] {
    const before = new Uint8Array(questions.length * ROOM);
    questions.forEach(({ data }, i) => before.set(data ?? [], i * ROOM));
    this.memory.write(this.room(0), before);
    const results = this.run(
      questions.map(({ call, args }, i) => ({ nr: this.arch.syscalls[call], args: args(this.room(i)) })),
    );
    invariant(results !== undefined, 'system calls say EFAULT instead');
    const rooms = this.memory.readNow(this.room(0), questions.length * ROOM);
    return questions.map(({ answer }, i) => answer(results[i] ?? 0n, rooms.subarray(i * ROOM, (i + 1) * ROOM)));
  }

  /**
   * The copy writes its memory to our descriptor `fd`.
   * @param pieces stretches of whole pages
   * @returns what is not written of them: whatever stood in the way shows when we write it ourselves
   */
  writeOut(fd: number, pieces: readonly ImagePiece[], ...told: Told): ImagePiece[] {
    const isOurs = ({ size = 0n, mayChange }: ImagePiece): boolean => size >= MIN_STRETCH && !mayChange;
    const large = pieces.filter(isOurs);
    const own = large.length > 0 ? this.open(fd) : undefined;
    if (own === undefined) return [...pieces];
    const small = pieces.filter((piece) => !isOurs(piece));
    const left = large.flatMap((piece) => this.writePiece(own, piece, ...told));
    // Nobody may execute a file that is open for writing anywhere.
    this.run([{ nr: this.arch.syscalls.close, args: [own] }]);
    return [...small, ...left];
  }

  /** @returns the rest, from the first stretch on that is not all written */
  private writePiece(fd: bigint, piece: ImagePiece, ...[onWritten, onSum]: Told): ImagePiece[] {
    const { address = 0n, offset, size = 0n } = piece;
    for (let done = 0n; done < size; done += MAX_STRETCH) {
      const left = size - done;
      const length = left < MAX_STRETCH ? left : MAX_STRETCH;
      const [from, at] = [address + done, offset + done];
      const results = this.run([{ nr: WRITE_SPARSELY, args: [fd, from, length, at, at >> 32n, this.room(0)] }]);
      if (results?.[0] !== 0n) return [{ ...piece, address: from, offset: at, size: left }];
      const units = Math.ceil(Number(length) / SUM_UNIT);
      const sums = this.memory.readNow(this.room(0), units * 4);
      for (let unit = 0; unit < units; unit++) onSum(at + BigInt(unit * SUM_UNIT), sums.readUInt32LE(unit * 4));
      onWritten(Number(length));
    }
    return [];
  }

  /**
   * Words of 32 bits that are, masked, from `least` to `greatest`.
   * @param range whole pages
   * @returns their addresses, ascending; undefined when there are too many, or memory cannot be read
   */
  search(range: Range, mask: number, least: number, greatest: number): bigint[] | undefined {
    const { wordSize } = this.arch;
    const args = [range.start, sizeOf(range), BigInt(mask), BigInt(least), BigInt(greatest - least), this.room(0)];
    const count = Number(this.run([{ nr: SEARCH, args }])?.[0] ?? -1n);
    if (count < 0) return undefined;
    const found = this.memory.readNow(this.room(0), count * wordSize);
    return Array.from({ length: count }, (_, i) =>
      wordSize === 8 ? found.readBigUInt64LE(8 * i) : BigInt(found.readUInt32LE(4 * i)),
    );
  }

  /** The copy opens our file, which may have no name. @returns its descriptor there */
  private open(fd: number): bigint | undefined {
    if (!seesOurProc(this.copy.pid)) return undefined;
    const path = Buffer.from(`/proc/${process.pid}/fd/${fd}\0`);
    this.memory.write(this.room(0), path);
    const { openat } = this.arch.syscalls;
    const results = this.run([{ nr: openat, args: [AT_FDCWD, this.room(0), O_WRONLY_LARGEFILE_CLOEXEC] }]);
    const own = results?.[0] ?? -1n;
    return own >= 0n && isSameFile(fd, `/proc/${this.copy.pid}/fd/${own}`) ? own : undefined;
  }
}
