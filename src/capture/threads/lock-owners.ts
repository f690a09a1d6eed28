import { PAGE, pageFloor, type Range } from '../../base/range.ts';
import type { ArchName } from '../../snapshot/snapshot.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';
import type { Errand } from '../borrow/errand.ts';
import type { Mapping } from '../../snapshot/memory.ts';
import type { Thread } from '../../snapshot/thread.ts';

/** How a lock looks while a thread holds it: 32-bit words, counted from the one that holds the thread's id. */
interface LockForm {
  /** @param word tells a word, unsigned @param tid in the word at 0, beside flags of a futex */
  readonly holds: (word: (at: number) => number, tid: number) => boolean;
  /** Other words with the id. */
  readonly also?: (word: (at: number) => number, tid: number) => readonly number[];
}

/** The id in a word that may also hold the flags of a futex. @source include/uapi/linux/futex.h */
const FUTEX_TID_MASK = 0x3fff_ffff;
/** Counts of waiters and of recursion; what is no lock has larger numbers there. */
const COUNTS = 1 << 16;
const RECURSIVE = 1;
const RECURSIVE_OR_CHECKING = new Set([RECURSIVE, 2]);

/** @source glibc sysdeps/nptl/bits/struct_mutex.h, nptl/pthreadP.h, 2.28 … 2.41 */
const GLIBC_KINDS = 0x3f3;
const GLIBC_TYPE = 3;
const GLIBC_ROBUST = 0x10;
const GLIBC_INHERITING = 0x20;

/** vm.mmap_min_addr: no pointer is less, nor half of one in practice. */
const LEAST_ADDRESS = 0x1_0000;
const WORD = 4;
const isPointer = (word: number): boolean => word >= LEAST_ADDRESS && word % WORD === 0;

/** @param links in a robust one to the next in its holder's list @param zeros in every other: it is in no list */
const glibcMutex = (users: number, kind: number, links: readonly number[], zeros: readonly number[]): LockForm => ({
  holds(word, tid) {
    const [lock, count, flags] = [word(-2), word(-1), word(kind)];
    if (word(0) !== tid || (flags & ~GLIBC_KINDS) !== 0 || count >= COUNTS) return false;
    if (count === tid || word(users) === tid) return false; // a table with more of these
    // Who holds it uses it: an integer of Python's looks the same but for that.
    if (word(users) === 0 || word(users) >= COUNTS) return false;
    if ((flags & GLIBC_ROBUST) !== 0)
      return (lock & FUTEX_TID_MASK) === tid && links.every((at) => isPointer(word(at)));
    if (zeros.some((at) => word(at) !== 0)) return false;
    if ((flags & GLIBC_INHERITING) !== 0) return (lock & FUTEX_TID_MASK) === tid;
    const isCounted = (flags & GLIBC_TYPE) === RECURSIVE ? count > 0 : count === 0;
    return RECURSIVE_OR_CHECKING.has(flags & GLIBC_TYPE) && isCounted && (lock === 1 || lock === 2);
  },
  also: (word, tid) => ((word(-2) & FUTEX_TID_MASK) === tid ? [-2] : []),
});

/** Held for writing. @param readers where the struct begins @source glibc sysdeps/nptl/bits/struct_rwlock.h, nptl/pthread_rwlock_common.c, 2.28 … 2.41 */
const glibcReaderWriterLock = (readers: number): LockForm => ({
  holds: (word, tid) =>
    word(0) === tid &&
    (word(readers) & 3) === 3 &&
    (word(readers + 2) | 2) === 3 &&
    (word(readers + 3) | 2) === 3 &&
    word(readers + 4) === 0 &&
    word(readers + 5) === 0,
});

/**
 * Of every type but the normal one, which holds no id. A held one is in its holder's list.
 * @param links where those to the previous and the next are
 * @source musl src/internal/pthread_impl.h, src/thread/pthread_mutex_trylock.c, 1.1.19 … 1.2.5
 */
const muslMutex = (...links: readonly number[]): LockForm => ({
  holds: (word) =>
    (word(-1) & ~0x8f) === 0 &&
    (word(-1) & 0xf) !== 0 &&
    word(1) < COUNTS &&
    word(4) < COUNTS &&
    links.every((link) => isPointer(word(link))),
});

const FORMS: Readonly<Record<ArchName, readonly LockForm[]>> = {
  'x86-64': [glibcMutex(1, 2, [4, 6], [3, 4, 5, 6, 7]), glibcReaderWriterLock(-6), muslMutex(5, 7)],
  i386: [glibcMutex(2, 1, [3], [3]), glibcReaderWriterLock(-7), muslMutex(2, 3)],
};

/**
 * A smaller id is a number like any other: the tables of a program are full of them, and to change one would be worse than to leave a lock
 * with an old holder. Only in a pid namespace of its own has a process one. @source kernel/pid.c RESERVED_PIDS
 */
const LEAST_TELLING_ID = 300;
const PROT_WRITE = 2;
const CHUNK = 1n << 20n;
/** Up to so many threads it is quicker to look for the bytes of each id, by what the C library has for that. */
const FEW = 12;

type Memory = Pick<ProcessMemory, 'readNow'>;
/** Where there is a copy it looks for the words itself: nothing of its memory has to be read. */
type Searcher = Pick<Errand, 'search'>;
/** Addresses for each id. */
type Found = ReadonlyMap<number, bigint[]>;

/**
 * Locks that threads hold and that record their holder by its id, which will be another one: recursive, error-checking, robust and
 * priority-inheriting mutexes, and reader-writer locks held for writing. Nobody has a list of them, so all memory that can be
 * written to is searched for what looks like one; what looks so holds the id of a thread in its midst.
 * @param searcher finds the words that may be ids, if there is a copy
 * @param writtenIn where a mapping can have what the process wrote
 * @returns addresses of 32-bit words with the id, for each thread, ascending
 */
export function findLockOwners(
  arch: ArchName,
  threads: readonly Pick<Thread, 'ownTid'>[],
  mappings: readonly Mapping[],
  memory: Memory,
  searcher?: Searcher,
  writtenIn: (mapping: Mapping) => readonly Range[] = ({ extents }) => extents,
): bigint[][] {
  const found: Found = new Map(threads.map(({ ownTid }) => [ownTid, []]));
  const tids = [...found.keys()].filter((tid) => tid >= LEAST_TELLING_ID);
  if (tids.length === 0) return [...found.values()];
  const buffer = Buffer.alloc(Number(CHUNK + 2n * PAGE));
  const writable = mappings.filter(({ prot, kind }) => (prot & PROT_WRITE) !== 0 && kind !== 'shared-file');
  const [least, greatest] = [Math.min(...tids), Math.max(...tids)];
  for (const extent of writable.flatMap(writtenIn)) {
    const hits = searcher?.search(extent, FUTEX_TID_MASK, least, greatest);
    if (hits) {
      for (const page of new Set(hits.map(pageFloor)))
        searchChunk(FORMS[arch], { start: page, end: page + PAGE }, extent, memory, buffer, tids, found);
      continue;
    }
    for (let start = extent.start; start < extent.end; start += CHUNK) {
      const end = start + CHUNK < extent.end ? start + CHUNK : extent.end;
      searchChunk(FORMS[arch], { start, end }, extent, memory, buffer, tids, found);
    }
  }
  return [...found.values()];
}

/** @param around what else may be looked at, of which a page on both sides is enough */
function searchChunk(
  forms: readonly LockForm[],
  { start, end }: Range,
  around: Range,
  memory: Memory,
  buffer: Buffer,
  tids: readonly number[],
  found: Found,
): void {
  const from = start > around.start ? start - PAGE : start;
  const to = end < around.end ? end + PAGE : end;
  const length = Number(to - from);
  const bytes = memory.readNow(from, length, buffer.subarray(0, length));
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, length / WORD);
  for (const at of candidates(words, bytes, tids)) {
    const address = (offset: number): bigint => from + BigInt((at + offset) * WORD);
    if (address(0) < start || address(0) >= end) continue;
    const tid = words[at]! & FUTEX_TID_MASK;
    const word = (offset: number): number => words[at + offset] ?? 0;
    const form = forms.find(({ holds }) => holds(word, tid));
    if (form) found.get(tid)?.push(...[...(form.also?.(word, tid) ?? []), 0].map(address));
  }
}

/** Indices of the words that hold one of the ids. @param bytes the same as `words` */
function candidates(words: Uint32Array, bytes: Buffer, tids: readonly number[]): number[] {
  const isThere = (at: number): boolean => tids.includes(words[at]! & FUTEX_TID_MASK);
  return (tids.length <= FEW ? tids.flatMap((tid) => wordsWith(bytes, tid)) : wordsBetween(words, tids)).filter(
    isThere,
  );
}

/** @param tid of 24 bits, whatever stands above them */
function wordsWith(bytes: Buffer, tid: number): number[] {
  const wanted = Uint8Array.of(tid, tid >> 8, tid >> 16);
  const found: number[] = [];
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1))
    if (at % WORD === 0) found.push(at / WORD);
  return found;
}

function wordsBetween(words: Uint32Array, tids: readonly number[]): number[] {
  const [least, greatest] = [Math.min(...tids), Math.max(...tids)];
  const found: number[] = [];
  for (let at = 0; at < words.length; at++) {
    const tid = words[at]! & FUTEX_TID_MASK;
    if (tid >= least && tid <= greatest) found.push(at);
  }
  return found;
}
