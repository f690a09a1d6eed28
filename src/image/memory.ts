import { ElfreezeError } from '../base/errors.ts';
import { hex, type Range } from '../base/range.ts';
import { CARRY } from '../plan/memory/carry.ts';
import type { Description } from '../snapshot/description.ts';
import type { MemorySource } from '../snapshot/memory.ts';
import type { ImageFile } from './file.ts';

type Stored = Description['stored'][number];

/** The memory that an image carries, by the addresses it had. Anonymous memory that it does not carry reads as zeros. */
export const imageMemory = (file: ImageFile, { stored, snapshot }: Description): MemorySource =>
  new ImageMemory(
    file,
    stored,
    snapshot.mappings.filter(({ kind }) => CARRY[kind] === 'anonymous'),
  );

/** What was in each nameless file, by offset. Its holes read as zeros. */
export const imageFiles = (file: ImageFile, { storedFiles, snapshot }: Description): MemorySource[] =>
  snapshot.nameless.map(({ size }, index) => {
    const own = storedFiles.filter((each) => each.file === index);
    const stored = own.map(({ start, ...rest }) => ({ ...rest, address: start }));
    return new ImageMemory(file, stored, [{ start: 0n, end: size }]);
  });

class ImageMemory implements MemorySource {
  private readonly file: ImageFile;
  private readonly stored: readonly Stored[];
  /** What reads as zeros where nothing is stored. */
  private readonly empty: readonly Range[];

  constructor(file: ImageFile, stored: readonly Stored[], empty: readonly Range[]) {
    this.file = file;
    this.stored = [...stored].sort((a, b) => (a.address < b.address ? -1 : 1));
    this.empty = empty;
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
    const mapping = this.empty[lastIndexAtOrBelow(this.empty, at, ({ start }) => start)];
    if (!mapping || at >= mapping.end) throw this.unreadable(at);
    const end = nextStored !== undefined && nextStored < mapping.end ? nextStored : mapping.end;
    const count = lesser(end - at, left.length);
    left.fill(0, 0, count);
    return count;
  }

  private unreadable(address: bigint): ElfreezeError {
    return new ElfreezeError('READ_FAILED', `${this.file.path} does not carry what is at ${hex(address)}`);
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
