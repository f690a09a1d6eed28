import { invariant } from '../../base/errors.ts';
import type { Arch } from '../../arch/arch.ts';
import type { SyscallName } from '../../arch/syscalls.ts';
import {
  type Arg,
  type Expect,
  FIRST_FREE_SLOT,
  type OpName,
  RELATION,
  type Slot,
  SLOT_COUNT,
  type Step,
} from '../../restorer/steps.ts';
import { cString } from '../../base/names.ts';

interface StepOptions {
  readonly expect?: Expect;
  readonly keep?: Slot;
  readonly skip?: number;
}

/** As much as the largest answer, struct statx. */
const ANSWER_SIZE = 256;
/** Bytes of data that most programs have less of. */
const FIRST_ROOM = 64 << 10;
const ANY: Expect = { kind: 'any' };
const OK: Expect = { kind: 'ok' };

/**
 * Collects the restore program and the data its steps point to. The data's address is known from the start, so that
 * steps can name it: first the slots, then what is put.
 */
export class Program {
  readonly arch: Arch;
  readonly steps: Step[] = [];
  /** What a rehearsal leaves out, in words. */
  readonly notRehearsed = new Set<string>();
  private readonly base: bigint;
  private bytes = Buffer.alloc(FIRST_ROOM);
  private length = SLOT_COUNT * 8;
  private answers: bigint | undefined;
  private readonly strings = new Map<string, bigint>();
  private nextSlot = FIRST_FREE_SLOT;
  /** A word that is 1: comparing it always holds. */
  private truth: bigint | undefined;

  constructor(arch: Arch, base: bigint) {
    this.arch = arch;
    this.base = base;
  }

  /** Slots and data, as they are when the program starts. */
  data(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Stores bytes in the program's data. @param alignment a power of two, of a page at most @returns their address */
  put(bytes: Uint8Array, alignment = 16): bigint {
    const at = this.reserve(bytes.length, alignment);
    this.bytes.set(bytes, at);
    return this.base + BigInt(at);
  }

  /** Room for what the kernel answers and the next steps look at: the same for all. 256 bytes. */
  get answer(): bigint {
    this.answers ??= this.put(new Uint8Array(ANSWER_SIZE));
    return this.answers;
  }

  /** @returns where in the data */
  private reserve(size: number, alignment: number): number {
    const at = this.length + (-this.length & (alignment - 1));
    this.length = at + ((size + 15) & ~15);
    if (this.length > this.bytes.length) {
      const larger = Buffer.alloc(2 * this.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return at;
  }

  /** Stores native words. */
  putWords(...words: bigint[]): bigint {
    return this.put(Buffer.concat(words.map((word) => this.word(word))));
  }

  /** Stores a C string, once; names in it become the bytes that they are. */
  putString(text: string): bigint {
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    const address = this.put(cString(text));
    this.strings.set(text, address);
    return address;
  }

  /** One native word, little-endian. */
  word(value: bigint): Buffer {
    return eightBytes(BigInt.asUintN(this.arch.wordSize * 8, value)).subarray(0, this.arch.wordSize);
  }

  /** A place for a result that is only known when the image runs. */
  slot(): Slot {
    invariant(this.nextSlot < SLOT_COUNT, 'the restore program is out of slots');
    return { slot: this.nextSlot++ };
  }

  /** Ends the use of the slot taken last. */
  releaseSlot(count = 1): void {
    this.nextSlot -= count;
  }

  slotAddress({ slot }: Slot): bigint {
    return this.base + BigInt(slot * 8);
  }

  /** A system call that must succeed, unless `expect` says otherwise. */
  call(name: SyscallName, args: readonly Arg[], sentence: string, options: StepOptions = {}): void {
    this.step('syscall', this.arch.syscalls[name], name, args, sentence, { expect: OK, ...options });
  }

  /** A system call whose failure does not matter. */
  attempt(name: SyscallName, args: readonly Arg[], sentence: string, skip = 0): void {
    this.call(name, args, sentence, { expect: ANY, skip });
  }

  /** Jumps over the next `count` steps, or back: −1 is this step itself. */
  jump(count: number): void {
    this.truth ??= this.put(eightBytes(1n));
    this.do('check', [this.truth, 8n, BigInt(RELATION.eq), 1n], '', count);
  }

  /** Starts a thread that takes the steps which `body` adds, and which the thread that starts it jumps over. */
  thread(args: readonly Arg[], sentence: string, body: () => void): void {
    const at = this.steps.length;
    body();
    const own = this.steps.splice(at);
    this.do('thread', args, sentence, own.length);
    this.steps.push(...own);
  }

  /** Any other operation. */
  do(op: Exclude<OpName, 'syscall'>, args: readonly Arg[], sentence: string, skip = 0): void {
    this.step(op, 0, op, args, sentence, { skip });
  }

  private step(
    op: OpName,
    nr: number,
    name: string,
    args: readonly Arg[],
    sentence: string,
    options: StepOptions,
  ): void {
    invariant(args.length <= 6, `${name} has ${args.length} arguments`);
    const { expect = ANY, keep, skip } = options;
    this.steps.push({ op, nr, name, args, expect, sentence, keep: keep?.slot, skip: skip || undefined });
  }
}

/** A 64-bit word, little-endian, as the kernel's structs have them on both architectures. */
export function eightBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
