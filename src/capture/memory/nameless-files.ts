import { ElfreezeError, invariant } from '../../base/errors.ts';
import { groupBy } from '../../base/group.ts';
import { formatRange, intersect, joinRanges, type Range, sizeOf } from '../../base/range.ts';
import { DELETED, MEMFD } from '../../proc/maps.ts';
import { parseMountDevices } from '../../proc/mountinfo.ts';
import { namelessIndex, namelessKey, type NamelessFile } from '../../snapshot/files/nameless-files.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { NamelessContents } from '../../sys/nameless-files.ts';
import { type ProcessMemory, procText } from '../../sys/procfs.ts';
import { readableSize, sharedByFile } from './mappings.ts';
import { type Resident, residentIn } from './resident.ts';
import type { Descriptor, DescriptorOf } from '../../snapshot/files/descriptors.ts';
import type { Mapping, MemorySource } from '../../snapshot/memory.ts';

type Nameless = DescriptorOf<'nameless'>;

const isNameless = (descriptor: Descriptor): descriptor is Nameless => descriptor.kind === 'nameless';

/** Every file without a name that a process has open, or maps so that it can be written. @throws UNSUPPORTED READ_FAILED */
export function describeNameless(
  pid: number,
  { descriptors, mappings }: Pick<Snapshot, 'descriptors' | 'mappings'>,
  memory: ProcessMemory,
  resident: Resident,
): NamelessFile[] {
  const files: NamelessFile[] = [];
  for (const descriptor of descriptors.filter(isNameless))
    if (namelessIndex(files, descriptor) < 0) files.push(describeOpen(pid, descriptor));
  const mapped = sharedByFile(mappings);
  const devices = mapped.size === 0 ? new Set() : parseMountDevices(procText(pid, 'mountinfo'));
  for (const parts of mapped.values()) {
    const [mapping] = parts;
    if (!mapping || namelessIndex(files, mapping) >= 0) continue;
    files.push(describeMapped(pid, mapping, parts, devices.has(mapping.dev), files, memory, resident));
  }
  return files;
}

function describeOpen(pid: number, { fd, file, name, dev, inode }: Nameless): NamelessFile {
  using contents = new NamelessContents(pid, fd, inode);
  const { size, mode, uid, gid, atimeNs, mtimeNs } = contents.stat;
  return {
    kind: file,
    name,
    dev,
    inode,
    size,
    extents: contents.extents(),
    attributes: {
      mode: Number(mode & 0o7777n),
      uid: Number(uid),
      gid: Number(gid),
      accessedNs: BigInt.asUintN(64, atimeNs),
      modifiedNs: BigInt.asUintN(64, mtimeNs),
      seals: file === 'memfd' ? contents.seals : 0,
    },
  };
}

/** The kernel has nameless files of its own, on no file system that is mounted: a memfd is the only one of these that is plain bytes. */
function describeMapped(
  pid: number,
  mapping: Mapping,
  parts: readonly Mapping[],
  isOnFileSystem: boolean,
  open: readonly NamelessFile[],
  memory: ProcessMemory,
  resident: Resident,
): NamelessFile {
  const { path, dev, inode } = mapping;
  const refuse = (what: string): never => {
    throw new ElfreezeError('UNSUPPORTED', `mapping ${formatRange(mapping)} ${path} → ${what}`);
  };
  const isMemfd = !isOnFileSystem && path.startsWith(MEMFD);
  if (!isOnFileSystem && !isMemfd) refuse('a shared mapping of a file of the kernel');
  const name = path.slice(isMemfd ? MEMFD.length : 0, path.endsWith(DELETED) ? -DELETED.length : undefined);
  // Some file systems give a file another device or inode in maps than stat(2) does.
  if (!isMemfd && open.some((other) => other.name === name)) refuse('a shared mapping of what may be an open file');
  const readable = parts.map((part) => ({
    start: part.offset,
    end: part.offset + readableSize(part, pid, memory, part.guards),
  }));
  const mapped = joinRanges(readable.filter(({ start, end }) => start < end));
  const size = mapped.reduce((most, { end }) => (end > most ? end : most), 0n);
  // Whoever reads a page of a memfd that does not exist makes it.
  const extents = isMemfd ? mapped.flatMap((range) => existing(range, parts, resident)) : mapped;
  return { kind: isMemfd ? 'memfd' : 'deleted', name, dev, inode, size, extents };
}

/** What of a stretch of a file exists, by offset. */
const existing = (range: Range, parts: readonly Mapping[], resident: Resident): Range[] =>
  joinRanges(
    parts.flatMap((part) =>
      residentIn(resident, part).flatMap(
        ({ start, end }) =>
          intersect({ start: part.offset + start - part.start, end: part.offset + end - part.start }, range) ?? [],
      ),
    ),
  );

/** Where the bytes of each file are read, by offset: through a descriptor that leads to it, or where it is mapped. */
export class NamelessSources implements Disposable {
  readonly all: readonly MemorySource[];
  private readonly opened: NamelessContents[] = [];

  constructor(pid: number, { nameless, descriptors, mappings }: Snapshot, memory: MemorySource) {
    const opened = groupBy(descriptors.filter(isNameless), namelessKey);
    const mapped = sharedByFile(mappings);
    this.all = nameless.map((file) => {
      const [open] = opened.get(namelessKey(file)) ?? [];
      if (!open) return mappedContents(mapped.get(namelessKey(file)) ?? [], memory);
      const contents = new NamelessContents(pid, open.fd, open.inode);
      this.opened.push(contents);
      return contents;
    });
  }

  [Symbol.dispose](): void {
    for (const contents of this.opened) contents[Symbol.dispose]();
  }
}

const mappedContents = (parts: readonly Mapping[], memory: MemorySource): MemorySource => ({
  async read(offset, into) {
    for (let done = 0; done < into.length;) {
      const at = offset + BigInt(done);
      const home = parts.find((part) => part.offset <= at && at < part.offset + sizeOf(part));
      invariant(home !== undefined, 'what is read of a file is mapped');
      const left = Number(home.offset + sizeOf(home) - at);
      const piece = into.subarray(done, done + Math.min(left, into.length - done));
      await memory.read(home.start + at - home.offset, piece);
      done += piece.length;
    }
  },
});
