import { ElfreezeError } from '../base/errors.ts';
import { NT_GNU_BUILD_ID, SHT_DYNSYM, SHT_SYMTAB } from '../elf/constants.ts';
import { decode, decodeIdent, EHDR, encode, IDENT_SIZE } from '../elf/layout.ts';
import {
  bufferAccess,
  type ElfFile,
  type ElfSymbol,
  type RandomAccess,
  readElf,
  readNotes,
  readSymbols,
} from '../elf/read.ts';

/** An ELF file as it is mapped: its headers, and its symbols for who asks. */
export interface MappedElf {
  readonly elf: ElfFile;
  /** At the file's addresses. */
  readonly symbols: () => readonly ElfSymbol[];
}

/** Symbols that are looked at to name an address. A browser's would take seconds. */
const MAX_SYMBOLS = 16n << 20n;

/** @returns undefined when it is no ELF file that can be understood: a mapped file may be anything */
export function readMappedElf(file: RandomAccess): MappedElf | undefined {
  try {
    const elf = readElf(file);
    let symbols: readonly ElfSymbol[] | undefined;
    return { elf, symbols: () => (symbols ??= symbolsOf(file, elf)) };
  } catch (error) {
    if (error instanceof ElfreezeError) return undefined;
    throw error;
  }
}

function symbolsOf(file: RandomAccess, elf: ElfFile): readonly ElfSymbol[] {
  const tables = elf.sections.filter(({ size }) => size <= MAX_SYMBOLS);
  const table = tables.find(({ type }) => type === SHT_SYMTAB) ?? tables.find(({ type }) => type === SHT_DYNSYM);
  try {
    return table ? readSymbols(file, elf, table) : [];
  } catch (error) {
    if (error instanceof ElfreezeError) return [];
    throw error;
  }
}

/**
 * What the first bytes of a loaded ELF file still tell. The loader maps the program headers with the first segment;
 * the section headers, at the end of the file, it never maps (those of the vdso it does).
 */
export function readElfInMemory(bytes: Uint8Array): MappedElf | undefined {
  return readMappedElf(bufferAccess(bytes)) ?? readMappedElf(bufferAccess(withoutSections(bytes)));
}

function withoutSections(bytes: Uint8Array): Uint8Array {
  try {
    const cls = decodeIdent(bytes.subarray(0, IDENT_SIZE));
    const header = encode(EHDR, cls, { ...decode(EHDR, cls, bytes, IDENT_SIZE), shoff: 0n, shnum: 0, shstrndx: 0 });
    const copy = Uint8Array.from(bytes);
    copy.set(header, IDENT_SIZE);
    return copy;
  } catch (error) {
    if (error instanceof ElfreezeError || error instanceof RangeError) return new Uint8Array();
    throw error;
  }
}

/**
 * Whether a file is the one whose headers are in memory: linked alike, and built alike where both tell.
 * @param memory bytes from the start of the file, as they are in memory
 */
export function isSameElf(file: RandomAccess, elf: ElfFile, memory: Uint8Array, inMemory: ElfFile): boolean {
  const form = (each: ElfFile): string =>
    JSON.stringify([each.cls, each.type, each.machine, each.entry, each.phdrs], (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
  if (form(elf) !== form(inMemory)) return false;
  const [one, two] = [buildId(file, elf), buildId(bufferAccess(memory), inMemory)];
  return one === undefined || two === undefined || one === two;
}

function buildId(file: RandomAccess, elf: ElfFile): string | undefined {
  try {
    const note = readNotes(file, elf).find(({ name, type }) => name === 'GNU' && type === NT_GNU_BUILD_ID);
    return note && Buffer.from(note.desc).toString('hex');
  } catch (error) {
    if (error instanceof ElfreezeError) return undefined;
    throw error;
  }
}
