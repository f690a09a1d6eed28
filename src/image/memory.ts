import { ElfreezeError } from '../base/errors.ts';
import { hex, type Range } from '../base/range.ts';
import { CARRY } from '../plan/carry.ts';
import type { Description } from '../snapshot/description.ts';
import type { MemorySource } from '../snapshot/snapshot.ts';
import type { ImageFile } from './file.ts';

type Stored = Description['stored'][number];

/** The memory that an image carries, by the addresses it had. Anonymous memory that it does not carry reads as zeros. */
export class ImageMemory implements MemorySource {
  private readonly file: ImageFile;
  private readonly stored: readonly Stored[];
  private readonly anonymous: readonly Range[];

  constructor(file: ImageFile, { stored, snapshot }: Description) {
    this.file = file;
    this.stored = [...stored].sort((a, b) => (a.address < b.address ? -1 : 1));
    this.anonymous = snapshot.mappings.filter(({ kind }) => CARRY[kind] === 'anonymous');
  }

  async read(address: bigint, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const at = address + BigInt(done);
      const left = into.subarray(done);
      const index = lastIndexAtOrBelow(this.stored, at, (each) => each.address);
      const home = this.stored[index];
      if (home && at < home.address + home.size) {
        const part = left.subarray(0, lesser(home.address + home.size - at, left.length));
        await this.file.fill(home.offset + (at - home.address), part);
        done += part.length;
      } else {
        done += this.readZeros(at, left, this.stored[index + 1]?.address);
      }
    }
  }

  /** @returns how many zeros there are, up to the next stored byte or the end of the mapping */
  private readZeros(at: bigint, left: Uint8Array, nextStored: bigint | undefined): number {
    const mapping = this.anonymous[lastIndexAtOrBelow(this.anonymous, at, ({ start }) => start)];
    if (!mapping || at >= mapping.end) throw this.unreadable(at);
    const end = nextStored !== undefined && nextStored < mapping.end ? nextStored : mapping.end;
    const count = lesser(end - at, left.length);
    left.fill(0, 0, count);
    return count;
  }

  private unreadable(address: bigint): ElfreezeError {
    return new ElfreezeError('READ_FAILED', `${this.file.path} does not carry the memory at ${hex(address)}`);
  }
}

const lesser = (size: bigint, length: number): number => (size < BigInt(length) ? Number(size) : length);

/** Index of the last item at or below `address` in an ascending list; -1 when there is none. */
function lastIndexAtOrBelow<T>(items: readonly T[], address: bigint, of: (item: T) => bigint): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(items[middle]!) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
