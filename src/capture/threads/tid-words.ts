import type { Arch } from '../../arch/arch.ts';
import type { Thread } from '../../snapshot/thread.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';
import type { Stopped } from '../borrow/loan.ts';

/** Words from the thread pointer to where musl keeps the thread's id. @source musl src/internal/pthread_impl.h, 1.1.19 … 1.2.5 */
const MUSL_TID_WORDS = 6n;

/**
 * Go's runtime keeps the thread's id in its `m`, to preempt it by a signal. The word below the thread pointer leads to the
 * running goroutine's `g`, that to the `m`, and its `g0` back to it. `procid` has 64 bits at another word in each version
 * and architecture; beside it are pointers and the `divmod` of ARM, none of which is ever an id.
 * @source go src/runtime/runtime2.go, src/cmd/internal/obj/x86/obj6.go, 1.14 … 1.24
 */
const GO = { mOfG: 6n, g0OfM: 0n, procidOfM: [8n, 9n, 10n] } as const;

/**
 * Where the C library keeps the thread's own id, which will be another one: glibc in the word that the kernel clears at
 * the thread's end, musl in the thread's control block. (The word that the kernel clears is musl's lock of the list of
 * threads: it holds the id while the thread holds the lock.) Go, which has no C library, in its `m`.
 */
export function findTidWords(
  memory: ProcessMemory,
  arch: Arch,
  { ownTid, clearChildTid, tls }: Pick<Thread, 'ownTid' | 'clearChildTid' | 'tls'>,
  { registers }: Stopped,
): bigint[] {
  const holdsTid = (address: bigint): boolean => memory.readNow(address, 4).readInt32LE(0) === ownTid;
  const cleared = clearChildTid !== 0n && holdsTid(clearChildTid) ? [clearChildTid] : [];
  const selector = Number(registers['gs'] ?? 0n) >> 3;
  const pointer = arch.wordSize === 8 ? registers['fs_base'] : tls.find(({ entry }) => entry === selector)?.base;
  if (pointer === undefined || pointer === 0n) return cleared;
  const size = BigInt(arch.wordSize);
  const at = (address: bigint | undefined): bigint | undefined => readWord(memory, arch, address);
  // musl's block begins with its own address.
  const musl = at(pointer) === pointer ? [pointer + MUSL_TID_WORDS * size] : [];
  const isProcid = (address: bigint): boolean => memory.readNow(address, 8).readBigInt64LE(0) === BigInt(ownTid);
  return [...new Set([...cleared, ...musl.filter(holdsTid), ...wordsOfGo(at, pointer, size).filter(isProcid)])];
}

/** The words of an `m` of which one is `procid`. */
function wordsOfGo(at: (address: bigint | undefined) => bigint | undefined, pointer: bigint, size: bigint): bigint[] {
  const m = at(plus(at(pointer - size), GO.mOfG * size));
  const back = at(plus(at(plus(m, GO.g0OfM)), GO.mOfG * size));
  if (m === undefined || m === 0n || back !== m) return [];
  return GO.procidOfM.map((word) => m + word * size);
}

const plus = (address: bigint | undefined, offset: bigint): bigint | undefined =>
  address === undefined ? undefined : address + offset;

/** @returns undefined where a pointer points to nothing: it belongs to no such library */
function readWord(memory: ProcessMemory, arch: Arch, address: bigint | undefined): bigint | undefined {
  if (address === undefined) return undefined;
  try {
    const bytes = memory.readNow(address, arch.wordSize);
    return arch.wordSize === 8 ? bytes.readBigUInt64LE(0) : BigInt(bytes.readUInt32LE(0));
  } catch {
    return undefined;
  }
}
