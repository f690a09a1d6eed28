import { ElfreezeError } from '../base/errors.ts';
import { hex } from '../base/range.ts';
import { DT_NULL, PN_XNUM, PT_DYNAMIC, PT_NOTE, SHN_XINDEX, SHT_DYNSYM, SHT_NOTE, SHT_SYMTAB } from './constants.ts';
import { readExactly, readSection, readTable, stringTable } from './access.ts';
import type { RandomAccess } from './access.ts';
import { DYN, EHDR, IDENT_SIZE, NHDR, PHDR, SHDR, SYM, decode, decodeIdent, recordSize } from './layout.ts';
import type { Decoded, Ehdr, ElfClass, Layout, Phdr, Shdr } from './layout.ts';

export { bufferAccess, readSection } from './access.ts';
export type { RandomAccess } from './access.ts';

export type Section = Omit<Shdr, 'name'> & { readonly name: string };

export interface ElfFile {
  readonly cls: ElfClass;
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly phdrs: readonly Phdr[];
  /** Indexed as symbols' `shndx` counts them: number 0 is the null section. Empty in a file without section headers. */
  readonly sections: readonly Section[];
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  /** STT_*. */
  readonly type: number;
  /** STB_*. */
  readonly bind: number;
  /** STV_*. */
  readonly visibility: number;
  /** Index of the section it is in, or SHN_*. */
  readonly shndx: number;
}

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

/**
 * The headers of an ELF file. Nothing in it is trusted: whatever its bytes, this ends in a value or in an ElfreezeError,
 * and allocates no more than a small multiple of the file's size.
 * @throws ELF_INVALID when it is no little-endian ELF file, is cut short or contradicts itself
 * @throws ELF_FIELD_OVERFLOW when a section has flags beyond 2^53
 */
export function readElf(file: RandomAccess): ElfFile {
  const cls = decodeIdent(readExactly(file, 0n, BigInt(IDENT_SIZE), 'ELF header'));
  const ehdr = readTable(file, EHDR, cls, BigInt(IDENT_SIZE), 1n, 'ELF header')[0]!;
  const { phnum, shnum, shstrndx } = headerCounts(file, cls, ehdr);

  for (const count of [BigInt(phnum), shnum])
    if (count > MAX_HEADERS) throw new ElfreezeError('ELF_INVALID', `${count} headers are more than any real file has`);
  requireSize('program header', ehdr.phentsize, PHDR, cls, phnum);
  requireSize('section header', ehdr.shentsize, SHDR, cls, shnum);
  const phdrs = readTable(file, PHDR, cls, ehdr.phoff, BigInt(phnum), 'program headers');
  const headers = readTable(file, SHDR, cls, ehdr.shoff, shnum, 'section headers');

  const names = headers[shstrndx];
  if (names && shstrndx !== 0 && names.size > MAX_NAMES)
    throw new ElfreezeError('ELF_INVALID', `${names.size} bytes of section names are more than any real file has`);
  const nameAt = names && shstrndx !== 0 ? stringTable(readSection(file, names, 'section names')) : () => '';
  const sections = headers.map((header) => ({ ...header, name: nameAt(header.name) }));
  return { cls, type: ehdr.type, machine: ehdr.machine, entry: ehdr.entry, phdrs, sections };
}

/** More headers, bytes of section names and of notes than the largest programs have; a file may claim any number of them. */
const MAX_HEADERS = 1n << 16n;
const MAX_NAMES = 4n << 20n;
const MAX_NOTES = 1n << 20n;

/** Counts too large for the ELF header are in the first section header. @source elf(5) e_phnum, e_shnum, e_shstrndx */
function headerCounts(file: RandomAccess, cls: ElfClass, ehdr: Ehdr) {
  const { phnum, shnum, shstrndx } = ehdr;
  const first = ehdr.shoff === 0n ? undefined : readTable(file, SHDR, cls, ehdr.shoff, 1n, 'section headers')[0]!;
  return {
    phnum: phnum === PN_XNUM && first ? first.info : phnum,
    shnum: !first ? 0n : shnum === 0 ? first.size : BigInt(shnum),
    shstrndx: shstrndx === SHN_XINDEX && first ? first.link : shstrndx,
  };
}

function requireSize(what: string, size: number, layout: Layout, cls: ElfClass, count: number | bigint): void {
  if (count > 0 && size !== recordSize(layout, cls)) throw new ElfreezeError('ELF_INVALID', `${what} of ${size} bytes`);
}

/** The symbols of a `.symtab` or `.dynsym`, with the null symbol. @throws ELF_INVALID */
export function readSymbols(file: RandomAccess, elf: ElfFile, section: Section): ElfSymbol[] {
  if (section.type !== SHT_SYMTAB && section.type !== SHT_DYNSYM) {
    throw new ElfreezeError('ELF_INVALID', `section ${section.name} is not a symbol table`);
  }
  const strings = elf.sections[section.link];
  if (!strings)
    throw new ElfreezeError('ELF_INVALID', `section ${section.name} has its names in section ${section.link}`);
  const nameAt = stringTable(readSection(file, strings, `names of ${section.name}`));
  const count = section.size / BigInt(recordSize(SYM, elf.cls));
  return readTable(file, SYM, elf.cls, section.offset, count, section.name).map(
    ({ name, value, size, info, other, shndx }) => ({
      name: nameAt(name),
      value,
      size,
      type: info & 15,
      bind: info >> 4,
      visibility: other & 3,
      shndx,
    }),
  );
}

/**
 * All notes, from PT_NOTE segments; from SHT_NOTE sections in a file without segments.
 * @throws ELF_INVALID also when there is more than a MiB of them
 */
export function readNotes(file: RandomAccess, elf: ElfFile): ElfNote[] {
  const segments = elf.phdrs.filter((phdr) => phdr.type === PT_NOTE);
  const sections = elf.sections.filter((section) => section.type === SHT_NOTE);
  const areas =
    elf.phdrs.length > 0
      ? segments.map(({ offset, filesz, align }) => ({ offset, size: filesz, align }))
      : sections.map(({ offset, size, addralign }) => ({ offset, size, align: addralign }));
  const total = areas.reduce((sum, { size }) => sum + size, 0n);
  if (total > MAX_NOTES)
    throw new ElfreezeError('ELF_INVALID', `${total} bytes of notes are more than any program has`);
  return areas.flatMap(({ offset, size, align }) =>
    parseNotes(readExactly(file, offset, size, 'notes'), elf.cls, align),
  );
}

/**
 * @param align where the name ends and the next note begins: 8 for .note.gnu.property of 64-bit files, else 4
 * @source elf(5) Notes; binutils' readelf.c process_notes_at, which reads 0 and 1 as 4 too
 */
function parseNotes(bytes: Uint8Array, cls: ElfClass, align: bigint): ElfNote[] {
  const step = align === 8n ? 8 : 4;
  const alignUp = (at: number) => Math.ceil(at / step) * step;
  const notes: ElfNote[] = [];
  for (let at = 0; at < bytes.length;) {
    const { namesz, descsz, type } = decode(NHDR, cls, bytes, at);
    const nameAt = at + recordSize(NHDR, cls);
    const descAt = alignUp(nameAt + namesz);
    if (descAt + descsz > bytes.length) throw new ElfreezeError('ELF_INVALID', `a note at ${hex(at)} is cut short`);
    const name = Buffer.from(bytes.subarray(nameAt, nameAt + namesz)).toString('latin1');
    notes.push({ name: name.replace(/\0.*$/s, ''), type, desc: bytes.slice(descAt, descAt + descsz) });
    at = alignUp(descAt + descsz);
  }
  return notes;
}

/** The entries of PT_DYNAMIC, without DT_NULL and what follows it. @throws ELF_INVALID */
export function readDynamic(file: RandomAccess, elf: ElfFile): Decoded<typeof DYN>[] {
  const segment = elf.phdrs.find((phdr) => phdr.type === PT_DYNAMIC);
  if (!segment) return [];
  const count = segment.filesz / BigInt(recordSize(DYN, elf.cls));
  const entries = readTable(file, DYN, elf.cls, segment.offset, count, 'dynamic section');
  const end = entries.findIndex((entry) => entry.tag === DT_NULL);
  return end < 0 ? entries : entries.slice(0, end);
}
