import { intersect, type Range, subtract } from '../../base/range.ts';
import { deviceInMaps } from '../../proc/mountinfo.ts';
import { namelessKey } from '../../snapshot/files/nameless-files.ts';
import type { Mapping, MappingKind, MemorySource } from '../../snapshot/memory.ts';
import { placesOfMapped } from '../../sys/map-files.ts';
import { MappedFile } from '../../sys/nameless-files.ts';
import { touched } from '../../sys/pagemap.ts';

const OF_FILES: readonly MappingKind[] = ['file', 'file-tail', 'private-nameless', 'shared-file-ro', 'shared-nameless'];

/** Pages of a mapping, and where the same bytes are. */
interface Unread extends Range {
  readonly file: MappedFile;
  /** Of the first of them in the file. */
  readonly offset: bigint;
}

/**
 * The memory of a process that could not be copied. Pages of files that it has mapped and never read would appear in its page table, and count
 * as its own, if they were read there: they are read from the files. Where a file cannot be opened, they are read there all the same.
 */
export class WithoutTouching implements MemorySource, Disposable {
  private readonly memory: MemorySource;
  /** Each file once, however often it is mapped; undefined for one that cannot be opened. */
  private readonly files = new Map<string, MappedFile | undefined>();
  /** Ascending. */
  private readonly unread: readonly Unread[];

  /** @param mappings ascending */
  constructor(pid: number, mappings: readonly Mapping[], memory: MemorySource) {
    this.memory = memory;
    this.unread = mappings
      .filter(({ kind }) => OF_FILES.includes(kind))
      .flatMap((mapping) => this.unreadOf(pid, mapping));
  }

  private unreadOf(pid: number, mapping: Mapping): Unread[] {
    const unread = subtract(mapping, touched(mapping, pid));
    const file = unread.length === 0 ? undefined : this.fileOf(pid, mapping);
    if (!file) return [];
    return unread.map((range) => ({ ...range, file, offset: mapping.offset + range.start - mapping.start }));
  }

  private fileOf(pid: number, mapping: Mapping): MappedFile | undefined {
    const key = namelessKey(mapping);
    if (!this.files.has(key)) {
      const isIt = ({ dev, ino }: { dev: bigint; ino: bigint }): boolean =>
        ino === mapping.inode && deviceInMaps(dev) === mapping.dev;
      this.files.set(key, MappedFile.open(placesOfMapped(pid, mapping), isIt));
    }
    return this.files.get(key);
  }

  async read(address: bigint, into: Uint8Array): Promise<void> {
    const wanted = { start: address, end: address + BigInt(into.length) };
    const bytesOf = ({ start, end }: Range): Uint8Array =>
      into.subarray(Number(start - address), Number(end - address));
    const parts = this.unreadIn(wanted);
    for (const part of parts) await part.file.read(part.offset, bytesOf(part));
    for (const part of subtract(wanted, parts)) await this.memory.read(part.start, bytesOf(part));
  }

  private unreadIn(wanted: Range): Unread[] {
    let [low, high] = [0, this.unread.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.unread[middle]!.end <= wanted.start) low = middle + 1;
      else high = middle;
    }
    const parts: Unread[] = [];
    for (let each = this.unread[low]; each && each.start < wanted.end; each = this.unread[++low]) {
      const part = intersect(each, wanted);
      if (part) parts.push({ ...part, file: each.file, offset: each.offset + part.start - each.start });
    }
    return parts;
  }

  [Symbol.dispose](): void {
    for (const file of this.files.values()) file?.[Symbol.dispose]();
  }
}
