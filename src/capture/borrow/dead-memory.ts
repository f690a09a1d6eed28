import { ElfreezeError } from '../../base/errors.ts';
import { PAGE, pageFloor, type Range, sizeOf } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import type { Registers } from '../../snapshot/thread.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';

/** The owner of the stack cannot come that far down while a thread heals, which takes it microseconds. */
const DISTANCE = 64n << 10n;

/** Who needs memory: so much of it. */
export interface Borrower {
  readonly arch: Arch;
  readonly registers: Registers;
  /** Whether it is the thread that runs on the main stack, or on some coroutine's. */
  readonly isFirst: boolean;
  readonly size: bigint;
}

/** Memory of a process that stands still in which nothing lives: for one thread after the other, which leaves it as it was. */
export class DeadMemory {
  /** The mapping of the main stack; undefined when there is none. */
  private readonly stack: Range | undefined;
  /** How far from the stack's other end: whether there are threads that run on as soon as elfreeze is killed. */
  private readonly distance: bigint;
  private readonly memory: ProcessMemory;
  /** Found already: away from any stack pointer. */
  private unused: Range | undefined;

  constructor(stack: Range | undefined, isShared: boolean, memory: ProcessMemory) {
    this.stack = stack;
    this.distance = isShared ? DISTANCE : 0n;
    this.memory = memory;
  }

  /**
   * Below the stack pointer and its red zone when that is the main stack. Goroutine stacks, alternate signal stacks,
   * coroutines and stacks of other threads may have live neighbours; for those, pages of the main stack that were never
   * touched. @throws NO_DEAD_MEMORY
   */
  find({ arch, registers, isFirst, size }: Borrower): Range {
    const { stack, unused } = this;
    if (!stack) throw new ElfreezeError('NO_DEAD_MEMORY', 'the process has no main stack');
    const sp = registers[arch.sp] ?? 0n;
    if (isFirst && sp > stack.start && sp <= stack.end) {
      const start = (sp - arch.redZone - size) & ~63n;
      // Writing there through /proc/PID/mem makes the kernel grow the stack, as the program's own next call would.
      // @source mm/memory.c __access_remote_vm: expand_stack
      if (start < stack.start) touch(this.memory, start);
      return { start, end: start + size };
    }
    const range = unused && sizeOf(unused) >= size ? unused : this.findUnused(stack, size);
    this.unused = range;
    return range;
  }

  private findUnused(stack: Range, size: bigint): Range {
    const { memory, distance } = this;
    const low = { start: stack.start, end: pageFloor(stack.start + size + distance + PAGE) };
    if (low.end < stack.end && isZero(memory.readNow(low.start, Number(sizeOf(low)))))
      return { start: low.start, end: low.start + size };
    // Used to its end, be it by an elfreeze that was killed: the kernel grows it.
    const start = (stack.start - distance - size) & ~63n;
    touch(memory, start);
    return { start, end: start + size };
  }
}

const isZero = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length));

function touch(memory: ProcessMemory, address: bigint): void {
  try {
    memory.write(address, new Uint8Array(1));
  } catch (cause) {
    throw new ElfreezeError('NO_DEAD_MEMORY', 'the main stack cannot grow', { cause });
  }
}
