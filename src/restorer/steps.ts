import { cString, printName } from '../base/names.ts';

/**
 * The restore program: a table of steps that the restorer (restorer.c) walks. All policy is TypeScript that makes
 * steps; the C side knows only the operations below. Every field is little-endian and 64-bit wide on both
 * architectures, so that one encoder serves both.
 */

/** What a step does. The numbers are the C side's `enum op`. */
export const OP = {
  /** System call `nr` with `args`; the result is judged by `expect`. */
  syscall: 1,
  /** Compares memory: args = [address, size 1|2|4|8, RELATION, value]. */
  check: 2,
  /** Writes memory: args = [address, size 1|2|4|8, value]. */
  store: 3,
  /** Copies memory: args = [destination, source, length]. */
  copy: 4,
  /**
   * Replaces a private file mapping by anonymous memory with the same bytes, in place, a chunk at a time: the chunk is
   * moved aside to the window, anonymous memory is mapped in its place, and the bytes are copied back.
   * args = [address, length, window, chunk, mmap flags but MAP_FIXED and MAP_ANONYMOUS, 1 when most of it is zeros]. Leaves PROT_READ|PROT_WRITE memory.
   */
  anonymise: 5,
  /** Moves the live vdso and its data pages: args = [destination of the data pages, room in bytes]. */
  vdsoMove: 6,
  /**
   * Makes a saved vdso function jump to the live one of that name, or, where there is none, writes `fallback` bytes over
   * it: args = [address of the saved function, address of its NUL-terminated name, address of fallback, fallback length].
   */
  vdsoForward: 7,
  /** Requires CPU features: args = [leaf, subleaf, register 0 eax … 3 edx, mask]. */
  cpuid: 8,
  /** Requires XCR0 bits that the kernel enabled: args = [mask]. */
  xgetbv: 9,
  /** Ends the program with its sentence; reached only when a `skip` did not jump over it. */
  fail: 10,
  /**
   * args = [signal frame's stack pointer, start and length of what is unmapped last]; with other threads also
   * [gate, first of their THREAD_ENTRYs, how many]. Never returns.
   */
  finish: 11,
  /**
   * Copies into the process's own memory, which a rehearsal leaves out: args = [destination, source, length, 1 when it is fresh
   * memory, in which pages of zeros are left out].
   */
  fill: 12,
  /**
   * Starts a thread, which takes the following steps, and waits until it is parked: args = [end of its stack, gate, its
   * THREAD_ENTRY, the id that it had]. `skip` is how many steps are the thread's.
   */
  thread: 13,
  /** Takes over the registers of an XSAVE area: args = [address, aligned to 64]. */
  xstate: 14,
  /**
   * Ends a thread's steps: it waits until the gate opens, sets the signal mask that lies before `go`, and goes there.
   * args = [registers as the kernel's user_regs_struct, go, gate]. Never returns.
   */
  park: 15,
  /** Goes on in a process with this pid, in namespaces of its own: args = [pid]. What was started supervises it. */
  keepPid: 16,
} as const;
export type OpName = keyof typeof OP;

/** What the first thread knows of another one: three u64, its id (when it runs), its registers, and one for the restorer. */
export const THREAD_ENTRY_SIZE = 24;
/** Two ints: whether it is open, and whether the thread that was started last is parked. */
export const GATE_SIZE = 8;

/** `has`: all bits of the value are set in memory. */
export const RELATION = { eq: 0, ge: 1, ne: 2, has: 3 } as const;

/** Which results of a system call are acceptable. */
export type Expect =
  /** Anything. */
  | { readonly kind: 'any' }
  /** Not an error. */
  | { readonly kind: 'ok' }
  /** Exactly this value. */
  | { readonly kind: 'exactly'; readonly value: bigint }
  /** Not an error, or the error with this errno. */
  | { readonly kind: 'okOr'; readonly errno: number };

const EXPECT = { any: 0, ok: 1, exactly: 2, okOr: 3 } as const;

/** A value that is only known when the image runs: the slot an earlier step kept its result in. */
export interface Slot {
  readonly slot: number;
}
export type Arg = bigint | Slot;

/** Slots that the restorer fills before the first step. */
export const PRESET_SLOT = {
  /** Address of argc on the stack that execve made. */
  initialStack: 0,
  argv: 1,
  envp: 2,
  /** AT_EXECFN: the path that was executed. */
  execFilename: 3,
  /** AT_SYSINFO_EHDR: the live vdso; 0 when there is none. */
  vdso: 4,
  pid: 5,
  /** Where complaints and the trace go when descriptor 2 is no longer the caller's: a step keeps a copy's number here. 0 means 2. */
  stderr: 6,
  /** A step sets it to 1 when the process ends up stopped, as with ELFREEZE_STOP. */
  stops: 7,
  /** 1 with ELFREEZE_PID=keep, else 0. */
  keepsPid: 8,
  /** 1 with ELFREEZE_CHECK, else 0. */
  rehearses: 9,
} as const;
export const FIRST_FREE_SLOT = 10;
export const SLOT_COUNT = 64;

export interface Step {
  readonly op: OpName;
  /** System call number; 0 for other operations. */
  readonly nr: number;
  /** What a trace calls it: `mmap`, `copy`, … */
  readonly name: string;
  readonly args: readonly Arg[];
  readonly expect: Expect;
  /** Slot that keeps the result. */
  readonly keep?: number | undefined;
  /**
   * How many of the following steps are jumped over when the result is no error (system call) or the comparison holds (check, cpuid, xgetbv;
   * then a comparison that fails is no failure). Negative: back, −1 to this step itself.
   */
  readonly skip?: number | undefined;
  /**
   * For a system call: what it is for, so that `elfreeze: cannot SENTENCE: No such file or directory (ENOENT)` reads well.
   * For any other operation: the whole complaint, `elfreeze: SENTENCE`.
   */
  readonly sentence: string;
}

/** Where the parts of an encoded program are, absolute addresses. */
export interface ProgramPlace {
  /** Address of the first byte that encodeProgram returns. */
  readonly base: bigint;
  /** SLOT_COUNT times 8 bytes of writable memory, zero at first. */
  readonly slots: bigint;
  /** End of at least 8 KiB of writable memory. */
  readonly stackTop: bigint;
  /** The tail's code, in the memory that remains. */
  readonly tail: bigint;
  /** Where the last bytes that are loaded from the file must be SEAL; 0 for no seal. */
  readonly seal: bigint;
  /** The table of checksums (sums.ts); 0 for none. */
  readonly sums: bigint;
}

/** Ends what is loaded from an image's file. */
export const SEAL: Uint8Array = Buffer.from('elfreeze');

export const PROGRAM_MAGIC = 0x315a4545_52464c45n; // "ELFREEZ1", little-endian
export const PROGRAM_HEADER_SIZE = 64;
export const STEP_SIZE = 96;

/**
 * The program's bytes: header, steps, strings.
 * Header: u64 magic, stepCount, steps, slots, stackTop, tail, seal, sums.
 * Step: u16 op, u16 argument count, u32 nr, u64 args[6], u32 slotMask (bit i: args[i] is a slot number), u32 expect,
 *       u64 expected value or errno, i32 keep (−1: nowhere), i32 skip, u64 sentence, u64 name (addresses of C strings).
 */
export function encodeProgram(steps: readonly Step[], place: ProgramPlace): Uint8Array {
  const size = PROGRAM_HEADER_SIZE + STEP_SIZE * steps.length;
  const strings = new StringTable(place.base + BigInt(size));
  // A program may have a hundred thousand steps. What is stored in these arrays is taken modulo their width.
  const head = new ArrayBuffer(size);
  const [words, halves, shorts] = [new BigUint64Array(head), new Uint32Array(head), new Uint16Array(head)];
  const { base, slots, stackTop, tail, seal, sums } = place;
  words.set([
    PROGRAM_MAGIC,
    BigInt(steps.length),
    base + BigInt(PROGRAM_HEADER_SIZE),
    slots,
    stackTop,
    tail,
    seal,
    sums,
  ]);

  steps.forEach(({ op, nr, args, expect, keep, skip, sentence, name }, index) => {
    const at = PROGRAM_HEADER_SIZE + index * STEP_SIZE;
    const [word, half, short] = [at / 8, at / 4, at / 2];
    let slotMask = 0;
    args.forEach((arg, i) => {
      if (typeof arg !== 'bigint') slotMask |= 1 << i;
      words[word + 1 + i] = typeof arg === 'bigint' ? arg : BigInt(arg.slot);
    });
    shorts[short] = OP[op];
    shorts[short + 1] = args.length;
    halves[half + 1] = nr;
    halves[half + 14] = slotMask;
    halves[half + 15] = EXPECT[expect.kind];
    words[word + 8] = expect.kind === 'exactly' ? expect.value : expect.kind === 'okOr' ? BigInt(expect.errno) : 0n;
    halves[half + 18] = keep ?? -1;
    halves[half + 19] = skip ?? 0;
    words[word + 10] = strings.add(printName(sentence));
    words[word + 11] = strings.add(name);
  });
  return Buffer.concat([new Uint8Array(head), strings.bytes()]);
}

/** NUL-terminated strings, each stored once, with names as the bytes that they are. */
class StringTable {
  private readonly addresses = new Map<string, bigint>();
  private readonly texts: Uint8Array[] = [];
  private readonly base: bigint;
  private length = 0;

  constructor(base: bigint) {
    this.base = base;
  }

  add(text: string): bigint {
    const known = this.addresses.get(text);
    if (known !== undefined) return known;
    const address = this.base + BigInt(this.length);
    const bytes = cString(text);
    this.texts.push(bytes);
    this.addresses.set(text, address);
    this.length += bytes.length;
    return address;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.texts);
  }
}
