import { overlaps, pageCeil, pageFloor, sizeOf } from '../base/range.ts';
import type { Range } from '../base/range.ts';
import { PT_LOAD, SHF_ALLOC, SHF_TLS, SHT_NOBITS } from './constants.ts';
import type { ElfFile, Section } from './read.ts';

/** What is needed of a line of /proc/PID/maps. */
export interface MappedLine extends Range {
  readonly path: string;
  readonly offset: bigint;
}

/** A PT_LOAD in memory: [bias + p_vaddr, + p_memsz), not rounded to pages. */
export interface LoadedSegment extends Range {
  /** Its place in the program headers. */
  readonly index: number;
  /** PF_*. */
  readonly flags: number;
  /** Where the bytes of the file end and zeros (.bss) begin. */
  readonly fileEnd: bigint;
}

/** A section that occupies memory, at its exact address. */
export interface LoadedSection extends Range {
  /** Its place in the section headers. */
  readonly index: number;
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  /** SHF_*. */
  readonly flags: number;
}

/** A segment or section as one line of maps holds it. Its addresses are those of the whole, not of the part inside. */
export type Held<T> = T & {
  /** Of the ELF file it belongs to; the line itself has another one, or none, where it is anonymous memory for .bss. */
  readonly path: string;
  readonly startsBefore: boolean;
  readonly endsAfter: boolean;
};

/** What one line of maps is made of; both empty when no ELF file put it there. */
export interface MappingDescription<M extends MappedLine = MappedLine> {
  readonly mapping: M;
  readonly segments: readonly Held<LoadedSegment>[];
  readonly sections: readonly Held<LoadedSection>[];
}

/** An ELF file that is loaded; twice when it is loaded twice. */
export interface LoadedElf {
  readonly path: string;
  readonly elf: ElfFile;
  /** What is added to the file's addresses; 0 for ET_EXEC. */
  readonly bias: bigint;
}

/**
 * Where the segments of `elf` are once it is loaded.
 * @source elf(5) p_vaddr, p_filesz, p_memsz
 */
export function loadedSegments(elf: ElfFile, bias: bigint): LoadedSegment[] {
  return elf.phdrs.flatMap(({ type, flags, vaddr, filesz, memsz }, index) => {
    const start = bias + vaddr;
    return type === PT_LOAD ? [{ index, flags, start, end: start + memsz, fileEnd: start + filesz }] : [];
  });
}

/** Where the sections of `elf` are once it is loaded. Empty ones are nowhere. @source elf(5) sh_addr, SHF_ALLOC */
export function loadedSections(elf: ElfFile, bias: bigint): LoadedSection[] {
  return elf.sections.flatMap(({ name, type, flags, addr, size }, index) => {
    const start = bias + addr;
    return occupiesMemory({ type, flags, size }) ? [{ index, name, type, flags, start, end: start + size }] : [];
  });
}

/** .tbss has an address and a size, but only each thread's copy of it exists: the next section begins at the same address. */
const occupiesMemory = ({ type, flags, size }: Pick<Section, 'type' | 'flags' | 'size'>): boolean =>
  (flags & SHF_ALLOC) !== 0 && size > 0n && !(type === SHT_NOBITS && (flags & SHF_TLS) !== 0);

/**
 * At which biases a file is loaded, the one that explains the most lines first; none when its mappings are not the
 * loader's work. One line can fit several segments, because neighbours share a page of the file; all lines of one
 * loading agree on the bias. A file that is only looked at, mapped as a whole or in part, can fit one segment by
 * accident: more than half of them must be found.
 * @param lines those that map this file
 */
export function loadBiases(elf: ElfFile, lines: readonly MappedLine[]): bigint[] {
  const segments = filePages(elf);
  const found = new Map<bigint, { lines: Set<MappedLine>; segments: Set<FilePages> }>();
  for (const line of lines) {
    for (const segment of segments.filter((each) => isWithin(line, each))) {
      const bias = line.start - line.offset + segment.distance;
      if (bias < 0n || pageFloor(bias) !== bias) continue;
      const support = found.get(bias) ?? { lines: new Set(), segments: new Set() };
      support.lines.add(line);
      support.segments.add(segment);
      found.set(bias, support);
    }
  }
  const explained = new Set<MappedLine>();
  return [...found]
    .filter(([, support]) => 2 * support.segments.size > segments.length)
    .sort(([, a], [, b]) => b.lines.size - a.lines.size)
    .filter(([, support]) => {
      const already = [...support.lines].some((line) => explained.has(line));
      for (const line of support.lines) explained.add(line);
      return !already;
    })
    .map(([bias]) => bias);
}

/** What the loader maps of the file for a PT_LOAD, or for neighbours that the kernel joins to one line. @source fs/binfmt_elf.c elf_map */
interface FilePages extends Range {
  /** p_offset − p_vaddr. */
  readonly distance: bigint;
  readonly flags: number;
}

function filePages(elf: ElfFile): FilePages[] {
  const joined: FilePages[] = [];
  for (const { type, offset, vaddr, filesz, flags } of elf.phdrs) {
    if (type !== PT_LOAD || filesz === 0n) continue;
    const pages = { start: pageFloor(offset), end: pageCeil(offset + filesz), distance: offset - vaddr, flags };
    const last = joined.at(-1);
    const continues = last?.end === pages.start && last.distance === pages.distance && last.flags === flags;
    if (continues) joined[joined.length - 1] = { ...last, end: pages.end };
    else joined.push(pages);
  }
  return joined;
}

const isWithin = (line: MappedLine, pages: Range): boolean =>
  pages.start <= line.offset && line.offset + sizeOf(line) <= pages.end;

/** All that is loaded of `files`. @param files by path as in maps; `[vdso]` may be one */
export function findLoaded(mappings: readonly MappedLine[], files: ReadonlyMap<string, ElfFile>): LoadedElf[] {
  const byPath = new Map<string, MappedLine[]>();
  for (const line of mappings) {
    const known = byPath.get(line.path);
    if (known) known.push(line);
    else byPath.set(line.path, [line]);
  }
  return [...files].flatMap(([path, elf]) =>
    loadBiases(elf, byPath.get(path) ?? []).map((bias) => ({ path, elf, bias })),
  );
}

/**
 * How the lines of /proc/PID/maps relate to the segments and sections of the original ELF files: for every line those
 * that lie inside it. Lines are page-rounded carriers; segments and sections keep their exact addresses, several to a
 * line, and a .bss goes on in the anonymous line after its file's.
 */
export function describeMappings<M extends MappedLine>(
  mappings: readonly M[],
  files: ReadonlyMap<string, ElfFile>,
): MappingDescription<M>[] {
  const parts = findLoaded(mappings, files).map(({ path, elf, bias }) => ({
    path,
    segments: loadedSegments(elf, bias),
    sections: loadedSections(elf, bias),
  }));
  return mappings.map((mapping) => {
    // Another file mapped over a part of this one hides it; anonymous memory may be its .bss.
    const visible = parts.filter(({ path }) => path === mapping.path || !isFile(mapping));
    return {
      mapping,
      segments: visible.flatMap(({ path, segments }) => held(path, segments, mapping)),
      sections: visible.flatMap(({ path, sections }) => held(path, sections, mapping)),
    };
  });
}

const isFile = ({ path }: MappedLine): boolean => path.startsWith('/');

const held = <T extends Range>(path: string, parts: readonly T[], line: Range): Held<T>[] =>
  parts
    .filter((part) => overlaps(part, line))
    .map((part) => ({ ...part, path, startsBefore: part.start < line.start, endsAfter: part.end > line.end }));
