import { intersect, type Range, sizeOf, subtract } from '../../base/range.ts';
import { splitDev } from '../../plan/files/file-identity.ts';
import { mapsDevice } from '../../proc/mountinfo.ts';
import type { Mapping, MappingKind, MemorySource } from '../../snapshot/memory.ts';
import { MappedFile } from '../../sys/nameless-files.ts';
import { touched } from '../../sys/pagemap.ts';

const OF_FILES: readonly MappingKind[] = ['file', 'file-tail', 'private-nameless', 'shared-file-ro', 'shared-nameless'];

/** Pages of a mapping, and where the same bytes are. */
interface Unread extends Range {
  readonly mapping: Mapping;
  readonly file: MappedFile;
}

/**
 * The memory of a process that could not be copied. Pages of files that it has mapped and never read would appear in its page table, and count
 * as its own, if they were read there: they are read from the files. Where a file cannot be opened, they are read there all the same.
 */
export class WithoutTouching implements MemorySource, Disposable {
  private readonly memory: MemorySource;
  private readonly unread: readonly Unread[];

  constructor(pid: number, mappings: readonly Mapping[], memory: MemorySource) {
    this.memory = memory;
    this.unread = mappings.filter(({ kind }) => OF_FILES.includes(kind)).flatMap((mapping) => unreadOf(pid, mapping));
  }

  async read(address: bigint, into: Uint8Array): Promise<void> {
    const wanted = { start: address, end: address + BigInt(into.length) };
    const within = ({ start, end }: Range): Uint8Array => into.subarray(Number(start - address), Number(end - address));
    const parts = this.unread.flatMap((each) => {
      const part = intersect(each, wanted);
      return part ? [{ ...each, ...part }] : [];
    });
    for (const { mapping, file, ...part } of parts)
      await file.read(mapping.offset + part.start - mapping.start, within(part));
    let rest: Range[] = [wanted];
    for (const part of parts) rest = rest.flatMap((each) => subtract(each, [part]));
    for (const part of rest) await this.memory.read(part.start, within(part));
  }

  [Symbol.dispose](): void {
    for (const file of new Set(this.unread.map((each) => each.file))) file[Symbol.dispose]();
  }
}

function unreadOf(pid: number, mapping: Mapping): Unread[] {
  const unread = subtract(mapping, touched(mapping, pid));
  if (unread.every((range) => sizeOf(range) === 0n)) return [];
  const { start, end, path, dev, inode } = mapping;
  const places = [`/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`, `/proc/${pid}/root${path}`];
  const file = MappedFile.open(places, (stat) => {
    const { major, minor } = splitDev(stat.dev);
    return stat.ino === inode && mapsDevice(major, minor) === dev;
  });
  return file ? unread.map((range) => ({ ...range, mapping, file })) : [];
}
