import { ElfreezeError } from '../../base/errors.ts';
import { groupBy } from '../../base/group.ts';
import { encodeName } from '../../base/names.ts';
import { formatRange, intersect, joinRanges, PAGE, type Range, sizeOf, subtract } from '../../base/range.ts';
import type { SmapsEntry } from '../../proc/smaps.ts';
import { namelessIndex, namelessKey, type NamelessFile } from '../../snapshot/files/nameless-files.ts';
import type { Mapping, MappingKind } from '../../snapshot/memory.ts';
import { flagRows } from '../../snapshot/vm-flags.ts';
import { statOf } from '../../sys/files.ts';
import { statOfMapped } from '../../sys/links.ts';
import { ASYNCHRONOUS_IO_HINT } from '../process/asynchronous-io.ts';
import { isSharedAnonymous, type Resident, residentIn } from './resident.ts';
import { isSysvPath } from './sysv-memory.ts';
import { touched } from '../../sys/pagemap.ts';
import { type ProcessMemory, scanGuards, TOO_LONG } from '../../sys/procfs.ts';
import { PATH_MAX } from '../../sys/rooted.ts';

const NAMED: Readonly<Record<string, MappingKind>> = {
  '[stack]': 'stack',
  '[vdso]': 'vdso',
  '[vvar]': 'vvar',
  '[vvar_vclock]': 'vvar',
  '[vsyscall]': 'vsyscall', // prettier-ignore
};

function refuse(entry: SmapsEntry, what: string, more: { readonly hint?: string } = {}): never {
  throw new ElfreezeError(
    'UNSUPPORTED',
    `mapping ${formatRange(entry)}${entry.path ? ` ${entry.path}` : ''} → ${what}`,
    more,
  );
}

/** Names that the kernel gives to ordinary memory. @source proc_pid_maps(5) */
const ORDINARY = /^\[(heap|stack:\d+|anon:.*|anon_shmem:.*)\]$/s;
const PROT_EXEC = 4;

/** What looks like memory of a kind that is carried, and is more. */
function refuseUnusual(entry: SmapsEntry): void {
  const { path, isDeleted, prot, protectionKey } = entry;
  if (path.startsWith('[') && !ORDINARY.test(path)) refuse(entry, 'memory of the kernel');
  if (isDeleted && path === '/secretmem (deleted)') refuse(entry, 'secret memory (memfd_secret)');
  // The kernel gives a key of its own to what may only be executed.
  if (protectionKey !== 0 && prot !== PROT_EXEC)
    refuse(entry, `memory under protection key ${protectionKey} (pkey_mprotect)`);
}

/** What a line of smaps is. @throws UNSUPPORTED naming what cannot be carried */
export function classify(entry: SmapsEntry): MappingKind {
  const named = NAMED[entry.path];
  if (named) return named;
  for (const row of flagRows(entry.vmFlags)) if ('refuse' in row) refuse(entry, row.refuse);
  refuseUnusual(entry);
  if (!entry.shared) return entry.inode === 0n || entry.path === '/dev/zero' ? 'anon' : 'file';
  if (isSharedAnonymous(entry)) return 'shared-anon';
  if (entry.isDeleted) return classifyDeleted(entry);
  if (entry.path === 'anon_inode:[io_uring]') refuse(entry, 'queues of an io_uring', { hint: ASYNCHRONOUS_IO_HINT });
  if (entry.path.startsWith('anon_inode:')) refuse(entry, 'a shared mapping of a file of the kernel');
  // Without VM_MAYWRITE the file was opened read-only: nothing can ever be written through this mapping.
  if (!entry.vmFlags.includes('mw')) return 'shared-file-ro';
  if (encodeName(entry.path).length >= PATH_MAX) refuse(entry, `a shared mapping of a file with ${TOO_LONG}`);
  return 'shared-file';
}

/** The kernel's own files have never had a name. */
function classifyDeleted(entry: SmapsEntry): MappingKind {
  if (isSysvPath(entry.path)) return 'sysv';
  if (entry.path === '/[aio] (deleted)')
    refuse(entry, 'a context of asynchronous I/O (io_setup)', { hint: ASYNCHRONOUS_IO_HINT });
  return 'shared-nameless';
}

/**
 * Mappings with the page ranges whose bytes must be carried.
 * @param pid whose pagemap and memory tell: the process, or its copy
 * @param resident what there is of shared memory
 */
export function describeMappings(
  entries: readonly SmapsEntry[],
  pid: number,
  memory: ProcessMemory,
  resident: Resident,
): Mapping[] {
  const all = scanGuards(pid);
  return entries.map((entry) => {
    const seen = classify(entry);
    const guards = all.flatMap((guard) => intersect(guard, entry) ?? []);
    const extents = extentsOf(seen, entry, pid, memory, resident, guards);
    const kind = totalOf(extents) < sizeOf(entry) ? (PAST_THE_END[seen] ?? seen) : seen;
    return {
      start: entry.start,
      end: entry.end,
      kind,
      prot: entry.prot,
      offset: entry.offset,
      dev: entry.dev,
      inode: entry.inode,
      path: entry.path,
      vmFlags: entry.vmFlags,
      extents: (kind === 'shared-file' ? [] : extents).flatMap((extent) => subtract(extent, guards)),
      guards,
    };
  });
}

/** Shared mappings of files without a name, by the file. */
export const sharedByFile = (mappings: readonly Mapping[]): ReadonlyMap<string, readonly Mapping[]> =>
  groupBy(
    mappings.filter(({ kind }) => kind === 'shared-nameless'),
    namelessKey,
  );

const PRIVATE_VIEWS: readonly MappingKind[] = ['file', 'file-tail'];

/**
 * Private mappings of files that an image makes anew follow these, as they did: what is carried of them are the pages that the
 * process has written. Of a file that it can write to no more they keep all that they show.
 */
export function followNameless(mappings: readonly Mapping[], files: readonly NamelessFile[], pid: number): Mapping[] {
  const shared = sharedByFile(mappings);
  return mappings.flatMap((mapping) => {
    const file = PRIVATE_VIEWS.includes(mapping.kind) ? files[namelessIndex(files, mapping)] : undefined;
    if (!file) return [mapping];
    const known = knownPart(file, mapping, shared.get(namelessKey(mapping)) ?? []);
    const followed = known.map((range): Mapping => {
      const extents = touched(range, pid, 'private');
      return { ...partOf({ ...mapping, extents }, range), kind: 'private-nameless' };
    });
    const rest = subtract(mapping, followed).map((range) => partOf(mapping, range));
    return [...followed, ...rest].sort((a, b) => (a.start < b.start ? -1 : 1));
  });
}

/** Of a file that is only mapped, no more is known than what is. @param shared its shared mappings */
function knownPart({ attributes, size }: NamelessFile, mapping: Mapping, shared: readonly Mapping[]): Range[] {
  if (attributes) return [mapping];
  const base = mapping.start - mapping.offset;
  const inFile = { start: base, end: base + size };
  return joinRanges(
    shared.flatMap((part) => {
      const start = base + part.offset;
      const known = intersect({ start, end: start + sizeOf(part) }, inFile);
      return known ? (intersect(known, mapping) ?? []) : [];
    }),
  );
}

function partOf(mapping: Mapping, { start, end }: Range): Mapping {
  const { extents, guards } = mapping;
  const within = (ranges: readonly Range[]): Range[] => ranges.flatMap((each) => intersect(each, { start, end }) ?? []);
  return {
    ...mapping,
    start,
    end,
    offset: mapping.offset + start - mapping.start,
    extents: within(extents.flatMap((extent) => subtract(extent, guards))),
    guards: within(guards),
  };
}

/** What reaches past the end of its file: memory without a file has no end. */
const PAST_THE_END: Partial<Record<MappingKind, MappingKind>> = { file: 'file-tail', 'shared-file-ro': 'shared-file' };

const totalOf = (ranges: readonly Range[]): bigint => ranges.reduce((sum, range) => sum + sizeOf(range), 0n);

function extentsOf(
  kind: MappingKind,
  entry: SmapsEntry,
  pid: number,
  memory: ProcessMemory,
  resident: Resident,
  guards: readonly Range[],
): readonly Range[] {
  switch (kind) {
    case 'anon':
    case 'stack':
      return populated(entry, pid);
    case 'file':
    case 'file-tail':
    case 'shared-file-ro':
      return upToEnd(entry, pid, memory, guards);
    case 'shared-anon':
    case 'sysv':
      return residentIn(resident, entry);
    case 'vdso':
      return [{ start: entry.start, end: entry.end }];
    case 'shared-file':
    case 'shared-nameless':
    case 'private-nameless':
    case 'vvar':
    case 'vsyscall':
      return [];
  }
}

const populated = (entry: SmapsEntry, pid: number): Range[] =>
  entry.rss === 0n && entry.swap === 0n ? [] : touched(entry, pid);

type OfFile = Pick<Mapping, 'start' | 'end' | 'offset' | 'path' | 'inode'>;

/** Pages that the process has written: all that it can have put into a private mapping of a file. */
export function writtenIn(mapping: Mapping, pid: number): readonly Range[] {
  if (!PRIVATE_VIEWS.includes(mapping.kind)) return mapping.extents;
  // A guard region is in the page table too, and has no bytes.
  const written = touched(mapping, pid, 'private');
  return mapping.extents.flatMap((extent) => written.flatMap((range) => intersect(range, extent) ?? []));
}

/** A mapping up to the end of its file, in whole pages: what is past it raises SIGBUS and has no bytes. */
function upToEnd(entry: SmapsEntry, pid: number, memory: ProcessMemory, guards: readonly Range[]): Range[] {
  const size = readableSize(entry, pid, memory, guards);
  return size === 0n ? [] : [{ start: entry.start, end: entry.start + size }];
}

/** The file's size, when the path still leads to the mapped file, or whoever asks is told which it is. */
function sizeOfMappedFile(pid: number, entry: OfFile): bigint | undefined {
  const stat = statOf(entry.path);
  if (stat && stat.ino === entry.inode && stat.isFile()) return stat.size;
  const mapped = statOfMapped(pid, entry);
  return mapped?.isFile() ? mapped.size : undefined;
}

/**
 * Bytes of a mapping up to the end of its file, in whole pages: what is past it cannot be read.
 * @param guards which cannot be read either, wherever they are
 */
export function readableSize(mapping: OfFile, pid: number, memory: ProcessMemory, guards: readonly Range[]): bigint {
  const fileEnd = sizeOfMappedFile(pid, mapping);
  // Looked at page by page only where that may find an end: a page that is looked at is one that the process has.
  if (fileEnd !== undefined && mapping.offset + sizeOf(mapping) - PAGE < fileEnd) return sizeOf(mapping);
  const last = subtract(mapping, guards).find(({ end }) => !memory.canRead(end - PAGE));
  if (!last) return sizeOf(mapping);
  let [low, high] = [0n, sizeOf(last) / PAGE - 1n];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (memory.canRead(last.start + middle * PAGE)) low = middle + 1n;
    else high = middle;
  }
  return last.start - mapping.start + low * PAGE;
}
