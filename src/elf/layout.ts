import { ElfreezeError } from '../base/errors.ts';
import { hex } from '../base/range.ts';

/** EI_CLASS in bits. */
export type ElfClass = 32 | 64;

/**
 * How a field is stored, and what it is to us.
 * - `byte` `half` `word` one, two, four bytes in both classes: number
 * - `native` an address, offset or size, as wide as the class: bigint
 * - `flags` as wide as the class too, but flags or a tag: number
 */
type Field = 'byte' | 'half' | 'word' | 'native' | 'flags';
type Fields = Readonly<Record<string, Field>>;
/** A record of the file format: its fields in file order, for each class. */
export type Layout = Readonly<Record<ElfClass, Fields>>;

/** A record's values; the same names in both classes, whatever their order. */
export type Decoded<L extends Layout> = { [Name in keyof L[64]]: L[64][Name] extends 'native' ? bigint : number };

/** Bytes per field kind. @source gABI ch. 4, "32-Bit Data Types" and "64-Bit Data Types" */
const WIDTH = {
  32: { byte: 1, half: 2, word: 4, native: 4, flags: 4 },
  64: { byte: 1, half: 2, word: 4, native: 8, flags: 8 },
} as const satisfies Record<ElfClass, Record<Field, number>>;

const sameInBoth = <const F extends Fields>(fields: F): { readonly 32: F; readonly 64: F } => ({
  32: fields,
  64: fields,
});

/** Elf32_Ehdr, Elf64_Ehdr after e_ident, which has the same 16 bytes in both classes. @source elf(5) */
export const EHDR = sameInBoth({
  type: 'half',
  machine: 'half',
  version: 'word',
  entry: 'native',
  phoff: 'native',
  shoff: 'native',
  flags: 'word',
  ehsize: 'half',
  phentsize: 'half',
  phnum: 'half',
  shentsize: 'half',
  shnum: 'half',
  shstrndx: 'half',
});

/** Elf32_Phdr, Elf64_Phdr. `flags` moves so that 8-byte fields stay aligned. @source elf(5) */
export const PHDR = {
  // prettier-ignore
  32: { type: 'word', offset: 'native', vaddr: 'native', paddr: 'native', filesz: 'native', memsz: 'native', flags: 'word', align: 'native' },
  // prettier-ignore
  64: { type: 'word', flags: 'word', offset: 'native', vaddr: 'native', paddr: 'native', filesz: 'native', memsz: 'native', align: 'native' },
} as const satisfies Layout;

/** Elf32_Shdr, Elf64_Shdr; `name` is an offset in the section name table. @source elf(5) */
export const SHDR = sameInBoth({
  name: 'word',
  type: 'word',
  flags: 'flags',
  addr: 'native',
  offset: 'native',
  size: 'native',
  link: 'word',
  info: 'word',
  addralign: 'native',
  entsize: 'native',
});

/** Elf32_Sym, Elf64_Sym; `name` is an offset in the linked string table. @source elf(5) */
export const SYM = {
  32: { name: 'word', value: 'native', size: 'native', info: 'byte', other: 'byte', shndx: 'half' },
  64: { name: 'word', info: 'byte', other: 'byte', shndx: 'half', value: 'native', size: 'native' },
} as const satisfies Layout;

/** Elf32_Nhdr, Elf64_Nhdr: 4-byte words in both classes, in practice and against the gABI's text. @source elf(5) */
export const NHDR = sameInBoth({ namesz: 'word', descsz: 'word', type: 'word' });

/** Elf32_Dyn, Elf64_Dyn. @source elf(5) */
export const DYN = sameInBoth({ tag: 'flags', val: 'native' });

export type Ehdr = Decoded<typeof EHDR>;
export type Phdr = Decoded<typeof PHDR>;
export type Shdr = Decoded<typeof SHDR>;

/** Bytes that one record takes. */
export function recordSize(layout: Layout, cls: ElfClass): number {
  let size = 0;
  for (const kind of Object.values(layout[cls])) size += WIDTH[cls][kind];
  return size;
}

/** Little-endian bytes of `record`, in table order. @throws ELF_FIELD_OVERFLOW naming the field */
export function encode<L extends Layout>(layout: L, cls: ElfClass, record: Decoded<L>): Uint8Array {
  const bytes = new Uint8Array(recordSize(layout, cls));
  let at = 0;
  for (const [name, kind] of Object.entries(layout[cls])) {
    const width = WIDTH[cls][kind];
    let value = BigInt(record[name as keyof Decoded<L>]);
    if (BigInt.asUintN(8 * width, value) !== value) {
      throw new ElfreezeError('ELF_FIELD_OVERFLOW', `${name} = ${value < 0n ? value : hex(value)} in ${width} bytes`);
    }
    for (const end = at + width; at < end; value >>= 8n) bytes[at++] = Number(value & 0xffn);
  }
  return bytes;
}

/**
 * The record at `bytes[at]`.
 * @throws ELF_INVALID when it is cut short
 * @throws ELF_FIELD_OVERFLOW when 64-bit flags use bits that no ABI has given a meaning and a number cannot hold
 */
export function decode<L extends Layout>(layout: L, cls: ElfClass, bytes: Uint8Array, at: number): Decoded<L> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record: Record<string, bigint | number> = {};
  const fields = layout[cls];
  try {
    // `for … in` over a constant table: symbol tables have a million of these.
    for (const name in fields) {
      const kind = fields[name]!;
      const width = WIDTH[cls][kind];
      if (width === 1) record[name] = view.getUint8(at);
      else if (width === 2) record[name] = view.getUint16(at, true);
      else if (kind === 'native')
        record[name] = width === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
      else record[name] = width === 8 ? toNumber(name, view.getBigUint64(at, true)) : view.getUint32(at, true);
      at += width;
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ElfreezeError('ELF_INVALID', `a header is cut short at ${hex(bytes.length)}`, { cause });
  }
  return record as Decoded<L>;
}

function toNumber(name: string, value: bigint): number {
  if (value > Number.MAX_SAFE_INTEGER) throw new ElfreezeError('ELF_FIELD_OVERFLOW', `${name} = ${hex(value)}`);
  return Number(value);
}

/** Bytes of e_ident. */
export const IDENT_SIZE = 16;
const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const CLASS_BYTE = { 32: 1, 64: 2 } as const;
const ELFDATA2LSB = 1;
const EV_CURRENT = 1;

/** EI_OSABI: what Linux writes, and what it writes into files with symbols that only GNU systems know. */
export const ELFOSABI_NONE = 0;
export const ELFOSABI_GNU = 3;

/** e_ident of a little-endian file for Linux. @source gABI ch. 4, "ELF Identification" */
export function encodeIdent(cls: ElfClass, osabi = ELFOSABI_NONE): Uint8Array {
  const ident = new Uint8Array(IDENT_SIZE);
  ident.set([...MAGIC, CLASS_BYTE[cls], ELFDATA2LSB, EV_CURRENT, osabi]);
  return ident;
}

/** The class that e_ident tells. @throws ELF_INVALID when it is not a little-endian ELF file of version 1 */
export function decodeIdent(bytes: Uint8Array): ElfClass {
  if (bytes.length < IDENT_SIZE || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new ElfreezeError('ELF_INVALID', 'no ELF magic number');
  }
  const [cls, data, version] = bytes.subarray(4);
  if (data !== ELFDATA2LSB) throw new ElfreezeError('ELF_INVALID', `byte order ${data} is not little-endian`);
  if (version !== EV_CURRENT) throw new ElfreezeError('ELF_INVALID', `ELF version ${version}`);
  if (cls === CLASS_BYTE[32]) return 32;
  if (cls === CLASS_BYTE[64]) return 64;
  throw new ElfreezeError('ELF_INVALID', `ELF class ${cls}`);
}
