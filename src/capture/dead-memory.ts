import { ElfreezeError } from '../base/errors.ts';
import { PAGE, pageFloor, type Range } from '../base/range.ts';
import type { Arch } from '../arch/arch.ts';
import type { Registers } from '../snapshot/snapshot.ts';
import type { ProcessMemory } from '../sys/procfs.ts';

/** The main thread's stack, and whose it is. */
export interface MainStack {
  /** Its mapping; undefined when there is none. */
  readonly range: Range | undefined;
  /** Whether the thread that is to lend memory is the one that runs on it, or some coroutine of it. */
  readonly isOwn: boolean;
  /** Whether other threads run on as soon as elfreeze is killed. */
  readonly isShared: boolean;
}

/** The owner of the stack cannot come that far down while a thread heals, which takes it microseconds. */
const DISTANCE = 64n << 10n;

/**
 * Memory that nothing lives in: below the stack pointer and its red zone when that is the main stack. Goroutine stacks,
 * alternate signal stacks, coroutines and stacks of other threads may have live neighbours; for those, pages of the main
 * stack that were never touched. @throws NO_DEAD_MEMORY
 */
export function findDeadMemory(
  { range: stack, isOwn, isShared }: MainStack,
  arch: Arch,
  registers: Registers,
  size: bigint,
  memory: ProcessMemory,
): Range {
  if (!stack) throw new ElfreezeError('NO_DEAD_MEMORY', 'the process has no main stack');
  const sp = registers[arch.sp] ?? 0n;
  if (isOwn && sp > stack.start && sp <= stack.end) {
    const start = (sp - arch.redZone - size) & ~63n;
    // Writing there through /proc/PID/mem makes the kernel grow the stack, as the program's own next call would.
    // @source mm/memory.c __access_remote_vm: expand_stack
    if (start < stack.start) touch(memory, start);
    return { start, end: start + size };
  }
  const distance = isShared ? DISTANCE : 0n;
  const low = { start: stack.start, end: pageFloor(stack.start + size + distance + PAGE) };
  if (low.end < stack.end && memory.readNow(low.start, Number(low.end - low.start)).every((byte) => byte === 0)) {
    return { start: low.start, end: low.start + size };
  }
  // Used to its end, be it by an elfreeze that was killed: the kernel grows it.
  const start = (stack.start - distance - size) & ~63n;
  touch(memory, start);
  return { start, end: start + size };
}

function touch(memory: ProcessMemory, address: bigint): void {
  try {
    memory.write(address, new Uint8Array(1));
  } catch (cause) {
    throw new ElfreezeError('NO_DEAD_MEMORY', 'the main stack cannot grow', { cause });
  }
}
