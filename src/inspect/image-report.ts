import { overlaps, sizeOf } from '../base/range.ts';
import type { RandomAccess } from '../elf/read.ts';
import { loadBiases } from '../elf/loaded.ts';
import type { Image } from '../image/read.ts';
import { CARRY } from '../plan/memory/carry.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { reportHeaders, storedParts } from './image-headers.ts';
import { recordedBytes } from './image-memory.ts';
import { readProgram } from './image-program.ts';
import { isSameElf, type MappedElf, readElfInMemory, readMappedElf } from './mapped-elf.ts';
import { type Line, reportMemory } from './report.ts';
import type { ImageReport } from './shape.ts';
import * as state from './recorded-state.ts';
import { type Mapping, PROT_EXEC, PROT_READ, PROT_WRITE } from '../snapshot/memory.ts';

export interface ImageEvidence {
  readonly image: Pick<Image, 'path' | 'elf' | 'file' | 'description'>;
  /** Bytes that the file takes on disk. */
  readonly diskSize: bigint;
  /** A file of this host, where section names and symbols are looked for; it counts only when it is the one that was mapped. */
  readonly hostFile: (path: string) => RandomAccess | undefined;
  /** Whether to decode the restore program. */
  readonly program: boolean;
}

/** What an image holds. Pure but for `hostFile`. @throws IMAGE_INVALID */
export function reportImage(evidence: ImageEvidence): ImageReport {
  const { image, diskSize, program } = evidence;
  const { snapshot, lazy, stored, differences, remains } = image.description;
  const files = mappedFiles(evidence);
  const { mappings, brk, nameOf } = reportMemory({
    lines: reportLines(image),
    files,
    exe: snapshot.exe,
    brk: { startBrk: snapshot.layout.startBrk, brk: snapshot.layout.brk, exact: true },
  });
  return {
    kind: 'image',
    path: image.path,
    pid: snapshot.pid,
    comm: snapshot.comm,
    exe: snapshot.exe,
    cwd: snapshot.cwd,
    arch: snapshot.arch,
    kernelRelease: snapshot.kernelRelease,
    lazy,
    size: { file: image.file.size, disk: diskSize, memory: stored.reduce((sum, { size }) => sum + size, 0n) },
    entry: image.elf.entry,
    headers: reportHeaders(image),
    cpu: snapshot.cpu.required,
    mappings,
    ...(brk ? { brk } : {}),
    threads: snapshot.threads.map((thread) => state.reportThread(snapshot, thread, nameOf)),
    signals: state.reportSignals(snapshot, nameOf),
    timers: state.reportTimers(snapshot),
    descriptors: snapshot.descriptors.map(state.reportDescriptor),
    declaredDifferences: differences,
    remains,
    ...(program ? { program: readProgram(image) } : {}),
  };
}

const SHARED: readonly string[] = ['shared-anon', 'shared-file', 'shared-file-ro', 'shared-nameless', 'sysv'];

const permsOf = ({ prot, kind }: Mapping): string =>
  (prot & PROT_READ ? 'r' : '-') +
  (prot & PROT_WRITE ? 'w' : '-') +
  (prot & PROT_EXEC ? 'x' : '-') +
  (SHARED.includes(kind) ? 's' : 'p');

function reportLines(image: ImageEvidence['image']): Line[] {
  const parts = storedParts(image);
  const { lazy } = image.description;
  let next = 0;
  return image.description.snapshot.mappings.map((mapping) => {
    const inPlace = new Set<number>();
    let packed = 0n;
    // Both ascend, and what is stored never reaches beyond its mapping.
    for (; next < parts.length && parts[next]!.start < mapping.end; next++) {
      const part = parts[next]!;
      if (part.header === undefined) packed += sizeOf(part);
      else inPlace.add(part.header);
    }
    const { start, end, offset, path, kind } = mapping;
    const by = CARRY[kind] === 'anonymous' && lazy && kind !== 'stack' && inPlace.size > 0 ? 'view' : CARRY[kind];
    return { start, end, perms: permsOf(mapping), offset, path, kind, carrier: { by, inPlace: [...inPlace], packed } };
  });
}

/** Bytes at the start of a file that hold its headers: the kernel wants them in one page up to 6.16. */
const HEADERS = 64 << 10;

/** The ELF files that were mapped: by their headers in the recorded memory, and the file itself where it is still there. */
function mappedFiles(evidence: ImageEvidence): Map<string, MappedElf> {
  const { image } = evidence;
  const { snapshot } = image.description;
  const files = new Map<string, MappedElf>();
  for (const { start, end, offset, path, kind } of snapshot.mappings) {
    const isCandidate = kind === 'vdso' || (path.startsWith('/') && offset === 0n);
    if (!isCandidate || files.has(path)) continue;
    const bytes = recordedBytes(image, start, Number(end - start < HEADERS ? end - start : HEADERS));
    const inMemory = readElfInMemory(bytes);
    if (!inMemory) continue;
    files.set(
      path,
      (kind === 'vdso' ? undefined : onHost(evidence, path, bytes, inMemory)) ??
        withOwnSections(image, snapshot, path, inMemory),
    );
  }
  return files;
}

function onHost(
  { hostFile }: ImageEvidence,
  path: string,
  bytes: Uint8Array,
  inMemory: MappedElf,
): MappedElf | undefined {
  const file = hostFile(path);
  const found = file && readMappedElf(file);
  return found && isSameElf(file, found.elf, bytes, inMemory.elf) ? found : undefined;
}

/** The image has the sections and symbols of the program itself, at run-time addresses. */
function withOwnSections(
  image: ImageEvidence['image'],
  snapshot: Snapshot,
  path: string,
  inMemory: MappedElf,
): MappedElf {
  if (path !== snapshot.exe) return inMemory;
  const [bias] = loadBiases(
    inMemory.elf,
    snapshot.mappings.filter((each) => each.path === path),
  );
  const own = readMappedElf(image.file);
  if (bias === undefined || !own) return inMemory;
  const inFile = (addr: bigint): boolean =>
    addr >= bias && snapshot.mappings.some((each) => overlaps(each, { start: addr, end: addr + 1n }));
  const sections = own.elf.sections.map((section) =>
    inFile(section.addr) ? { ...section, addr: section.addr - bias } : section,
  );
  return {
    elf: { ...inMemory.elf, sections },
    symbols: () =>
      own
        .symbols()
        .filter(({ value }) => value >= bias)
        .map((symbol) => ({ ...symbol, value: symbol.value - bias })),
  };
}
