import koffi from 'koffi';
import { REAPER } from '../reaper/reaper.generated.ts';
import { addressOf, syscall } from './linux.ts';

/** @source mmap(2) */
const PROT = { READ: 1, WRITE: 2, EXEC: 4 } as const;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const PAGE = 4096;
const FUTEX_WAKE_PRIVATE = 129;
/** More threads, of which each has a stack, take more mappings than vm.max_map_count allows by default; they are not waited for. */
const MOST = 1 << 16;
/** Words of struct reaper, in src/reaper/reaper.c. */
const WORD = { over: 0, seizes: 1, count: 2, tids: 3 } as const;

/**
 * Waits for dead tracees from a thread of its own while a PTRACE_SEIZE lasts, which could last for ever: src/reaper/reaper.c. Where no such
 * thread can be started, as with code that may not be made, nobody waits.
 */
export class Reaper implements Disposable {
  private readonly words: Int32Array;
  private readonly thread: bigint | undefined;

  /** @param tids that it waits for from the start */
  constructor(tids: readonly number[]) {
    this.words = new Int32Array(WORD.tids + MOST);
    for (const tid of tids) this.add(tid);
    this.thread = startThread(this.words);
  }

  /** From now on it is waited for. */
  add(tid: number): void {
    const count = this.words[WORD.count] ?? 0;
    if (WORD.tids + count >= this.words.length) return;
    this.words[WORD.tids + count] = tid;
    Atomics.store(this.words, WORD.count, count + 1);
  }

  /** Makes a PTRACE_SEIZE. */
  during<T>(seize: () => T): T {
    Atomics.add(this.words, WORD.seizes, 1);
    try {
      return seize();
    } finally {
      Atomics.add(this.words, WORD.seizes, 1);
    }
  }

  [Symbol.dispose](): void {
    if (this.thread === undefined) return;
    Atomics.store(this.words, WORD.over, 1);
    syscall('futex', new Uint8Array(this.words.buffer), FUTEX_WAKE_PRIVATE, 1);
    threads().join(this.thread, 0);
  }
}

interface Threads {
  readonly create: (thread: bigint, attributes: number, code: bigint, argument: bigint) => number;
  readonly join: (thread: bigint, result: number) => number;
  readonly copy: (to: bigint, from: bigint, length: number) => bigint;
}
let bound: Threads | undefined;

function threads(): Threads {
  if (bound) return bound;
  const libc = koffi.load(null);
  bound = {
    create: libc.func('pthread_create', 'int', ['uint64', 'uint64', 'uint64', 'uint64']) as Threads['create'],
    join: libc.func('pthread_join', 'int', ['uint64', 'uint64']) as Threads['join'],
    copy: libc.func('memcpy', 'uint64', ['uint64', 'uint64', 'uint64']) as Threads['copy'],
  };
  return bound;
}

function startThread(words: Int32Array): bigint | undefined {
  const code = mapCode();
  if (code === undefined) return undefined;
  const thread = new BigUint64Array(1);
  const [at, argument] = [thread, words].map(({ buffer }) => addressOf(new Uint8Array(buffer)));
  return threads().create(at ?? 0n, 0, code, argument ?? 0n) === 0 ? thread[0] : undefined;
}

let mapped: bigint | undefined;

/** Once for all: it is never unmapped. */
function mapCode(): bigint | undefined {
  if (mapped !== undefined) return mapped;
  const page = syscall('mmap', 0, PAGE, PROT.READ | PROT.WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (page < 0) return undefined;
  const code = Buffer.from(REAPER['x86-64'], 'base64');
  threads().copy(BigInt(page), addressOf(code), code.length);
  if (syscall('mprotect', page, PAGE, PROT.READ | PROT.EXEC) < 0) return undefined;
  mapped = BigInt(page);
  return mapped;
}
