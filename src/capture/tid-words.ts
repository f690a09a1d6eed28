import type { Arch } from '../arch/arch.ts';
import type { Thread } from '../snapshot/snapshot.ts';
import type { ProcessMemory } from '../sys/procfs.ts';
import type { Stopped } from './loan.ts';

/** Words from the thread pointer to where musl keeps the thread's id. @source musl src/internal/pthread_impl.h, 1.1.19 … 1.2.5 */
const MUSL_TID_WORDS = 6n;

/**
 * Where the C library keeps the thread's own id, which will be another one: glibc in the word that the kernel clears at
 * the thread's end, musl in the thread's control block. (The word that the kernel clears is musl's lock of the list of
 * threads: it holds the id while the thread holds the lock.)
 */
export function findTidWords(
  memory: ProcessMemory,
  arch: Arch,
  tid: number,
  { clearChildTid, tls }: Pick<Thread, 'clearChildTid' | 'tls'>,
  { registers }: Stopped,
): bigint[] {
  const holdsTid = (address: bigint): boolean => memory.readNow(address, 4).readInt32LE(0) === tid;
  const cleared = clearChildTid !== 0n && holdsTid(clearChildTid) ? [clearChildTid] : [];
  const selector = Number(registers['gs'] ?? 0n) >> 3;
  const pointer = arch.wordSize === 8 ? registers['fs_base'] : tls.find(({ entry }) => entry === selector)?.base;
  // musl's block begins with its own address; without such a block there is nothing to look at.
  if (pointer === undefined || pointer === 0n || !pointsToItself(memory, arch, pointer)) return cleared;
  const word = pointer + MUSL_TID_WORDS * BigInt(arch.wordSize);
  return [...new Set([...cleared, ...(holdsTid(word) ? [word] : [])])];
}

function pointsToItself(memory: ProcessMemory, arch: Arch, address: bigint): boolean {
  try {
    const bytes = memory.readNow(address, arch.wordSize);
    return (arch.wordSize === 8 ? bytes.readBigUInt64LE(0) : BigInt(bytes.readUInt32LE(0))) === address;
  } catch {
    return false; // a thread pointer that points to nothing belongs to no C library
  }
}
