import { intersect, sizeOf } from '../../base/range.ts';
import { PT, SHF_ALLOC, SHF_TLS, SHT, SHT_DYNSYM, SHT_NOBITS, SHT_PROGBITS, SHT_SYMTAB } from '../../elf/constants.ts';
import type { Phdr, Shdr } from '../../elf/layout.ts';
import type { ElfSymbol, Section } from '../../elf/read.ts';
import type { Segment } from '../job/segment.ts';

/** Headers, sections and symbols of the program as its own file has them, and how far it was moved. */
export interface OriginalProgram {
  readonly bias: bigint;
  readonly phdrs: readonly Phdr[];
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
  /** Bytes of the sections that debuggers read and no memory holds, by section number: only when nothing was moved. */
  readonly debug: ReadonlyMap<number, Uint8Array>;
}

export interface PlacedSegment {
  readonly segment: Segment;
  /** In the file. */
  readonly offset: bigint;
}

export type NamedHeader = Omit<Shdr, 'name'> & { readonly name: string };

/** A section of the program that the image has too. */
export interface KeptSection {
  /** Its number in the program's own file. */
  readonly index: number;
  readonly header: NamedHeader;
  /** Bytes that the image's memory does not hold. */
  readonly bytes?: Uint8Array;
}

/** Not those for dynamic linking: it is done, and their symbols count sections and addresses as the program's file does. */
const KEPT: readonly number[] = [
  SHT_PROGBITS,
  SHT_NOBITS,
  SHT.SHT_NOTE,
  SHT.SHT_INIT_ARRAY,
  SHT.SHT_FINI_ARRAY,
  SHT.SHT_PREINIT_ARRAY,
  SHT.SHT_DYNAMIC,
];

/**
 * The program's sections at the addresses where they were loaded. What of a section the image has not at its own address
 * is left out, and a section that lies in several segments is several: a .bss begins in the last page of the file's
 * memory and goes on in anonymous memory, and the linker's protection may end amid a .got.plt.
 */
export function keepSections(
  { sections, bias, debug }: OriginalProgram,
  placed: readonly PlacedSegment[],
): KeptSection[] {
  return sections.flatMap((own, index): KeptSection[] => {
    const bytes = debug.get(index);
    if (bytes) return [{ index, header: own, bytes }];
    if (!(own.flags & SHF_ALLOC) || !KEPT.includes(own.type) || own.size === 0n) return [];
    return relocate(own, bias, placed).map((header) => ({ index, header }));
  });
}

function relocate(own: Section, bias: bigint, placed: readonly PlacedSegment[]): NamedHeader[] {
  const start = own.addr + bias;
  const header = { ...own, addr: start, link: 0, info: 0 };
  if (own.type === SHT_NOBITS && own.flags & SHF_TLS) {
    // .tbss takes no memory of its own.
    const offset = fileOffset(start, 0n, placed);
    return offset === undefined ? [] : [{ ...header, offset, addralign: alignment(own, start) }];
  }
  // .bss has bytes by now. What is left of dynamic linking is bytes that gdb finds by their name.
  const type = own.type === SHT_NOBITS || own.type === SHT.SHT_DYNAMIC ? SHT_PROGBITS : own.type;
  return placed.flatMap(({ segment: { vaddr, size }, offset }) => {
    const part = intersect({ start, end: start + own.size }, { start: vaddr, end: vaddr + size });
    if (!part) return [];
    const place = { addr: part.start, offset: offset + part.start - vaddr, size: sizeOf(part) };
    return [{ ...header, ...place, type, addralign: alignment(own, part.start) }];
  });
}

/** The loader moves by pages, and parts begin at pages. */
const alignment = ({ addralign }: Section, address: bigint): bigint =>
  addralign > 1n && address % addralign !== 0n ? 1n : addralign;

/**
 * The program's headers that tell debuggers and unwinders where to look. The loader does not read them, and what the
 * process itself asks its headers it finds in its memory.
 */
export function keepHeaders({ phdrs, bias }: OriginalProgram, placed: readonly PlacedSegment[]): Phdr[] {
  return phdrs
    .filter(({ type }) => type === PT.PT_TLS || type === PT.PT_GNU_EH_FRAME)
    .flatMap((own) => {
      const vaddr = own.vaddr + bias;
      const offset = fileOffset(vaddr, own.filesz, placed);
      return offset === undefined ? [] : [{ ...own, vaddr, paddr: vaddr, offset }];
    });
}

/** Where the file keeps memory at its own address; undefined when it does not. */
function fileOffset(address: bigint, size: bigint, placed: readonly PlacedSegment[]): bigint | undefined {
  const home = placed.find(
    ({ segment: { vaddr, size: room } }) =>
      vaddr <= address && address + size <= vaddr + room && address < vaddr + room,
  );
  return home && home.offset + address - home.segment.vaddr;
}

/** The symbol table to keep: the full one, or what dynamic linking needs when the program was stripped. */
export const symbolSection = (sections: readonly Section[]): Section | undefined =>
  sections.find(({ type }) => type === SHT_SYMTAB) ?? sections.find(({ type }) => type === SHT_DYNSYM);
