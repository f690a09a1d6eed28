import { ElfreezeError } from '../../base/errors.ts';
import { hex, pageCeil, pageFloor, type Range, subtract } from '../../base/range.ts';

/** Lowest address anything is placed at: well above vm.mmap_min_addr on any system. */
const LOWEST = 0x10_0000n;

/** Finds room that neither the process, nor a new stack, nor anything placed before uses. */
export class AddressSpace {
  private readonly occupied: Range[];
  private readonly end: bigint;

  constructor(occupied: readonly Range[], end: bigint) {
    this.occupied = [...occupied];
    this.end = end;
  }

  /**
   * Takes the lowest free room at or above `from`, or below it when there is none above.
   * @throws NO_ROOM
   */
  take(size: bigint, from: bigint = LOWEST): Range {
    const wanted = pageCeil(size);
    for (const start of [from, LOWEST]) {
      const free = subtract({ start, end: this.end }, this.occupied).map((range) => ({
        start: pageCeil(range.start),
        end: pageFloor(range.end),
      }));
      const gap = free.find((range) => range.end - range.start >= wanted);
      if (!gap) continue;
      const taken = { start: gap.start, end: gap.start + wanted };
      this.occupied.push(taken);
      return taken;
    }
    throw new ElfreezeError('NO_ROOM', `no free address range of ${hex(wanted)} bytes is left`);
  }
}
