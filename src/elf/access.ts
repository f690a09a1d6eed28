import { ElfreezeError } from '../base/errors.ts';
import { decodeName } from '../base/names.ts';
import { hex } from '../base/range.ts';
import { SHT_NOBITS } from './constants.ts';
import { decode, recordSize } from './layout.ts';
import type { Decoded, ElfClass, Layout, Shdr } from './layout.ts';

/** Bytes that can be read at any place: a file, or memory that holds one. */
export interface RandomAccess {
  readonly size: bigint;
  /** @returns `length` bytes; fewer when they end before that */
  read(offset: bigint, length: number): Uint8Array;
}

/** `bytes` as a file. */
export const bufferAccess = (bytes: Uint8Array): RandomAccess => ({
  size: BigInt(bytes.length),
  read: (offset, length) => bytes.subarray(Number(offset), Number(offset) + length),
});

/**
 * Most bytes and most records read as one table. The largest real ones (symbols and their names in a browser's debug
 * build) stay below; a sparse file may claim any size at no cost to who made it.
 */
const MAX_TABLE = 256n << 20n;
const MAX_RECORDS = 1n << 21n;

/** `count` records that follow each other. @throws ELF_INVALID when they are cut short */
export function readTable<L extends Layout>(
  file: RandomAccess,
  layout: L,
  cls: ElfClass,
  offset: bigint,
  count: bigint,
  what: string,
): Decoded<L>[] {
  const size = recordSize(layout, cls);
  if (count > MAX_RECORDS) throw new ElfreezeError('ELF_INVALID', `${what}: ${count} are more than any real file has`);
  const bytes = readExactly(file, offset, count * BigInt(size), what);
  return Array.from({ length: Number(count) }, (_, i) => decode(layout, cls, bytes, i * size));
}

/** The bytes of a section. @throws ELF_INVALID when it has none in the file, or they are cut short */
export function readSection(file: RandomAccess, section: Omit<Shdr, 'name'>, what: string): Uint8Array {
  if (section.type === SHT_NOBITS)
    throw new ElfreezeError('ELF_INVALID', `${what}: the section has no bytes in the file`);
  return readExactly(file, section.offset, section.size, what);
}

/** Checks before it reads, so that a hostile size allocates nothing. @throws ELF_INVALID when the bytes are not all there */
export function readExactly(file: RandomAccess, offset: bigint, size: bigint, what: string): Uint8Array {
  if (size === 0n) return new Uint8Array();
  const place = `${what}: ${size} bytes at ${hex(offset)}`;
  if (offset + size > file.size) throw new ElfreezeError('ELF_INVALID', `${place} are beyond the end of the file`);
  if (size > MAX_TABLE) throw new ElfreezeError('ELF_INVALID', `${place} are more than any real file has`);
  let bytes: Uint8Array;
  try {
    bytes = file.read(offset, Number(size));
  } catch (cause) {
    throw new ElfreezeError('ELF_INVALID', `${place} cannot be read`, { cause });
  }
  if (bytes.length < Number(size)) throw new ElfreezeError('ELF_INVALID', `${place} are cut short`);
  return bytes;
}

/**
 * Looks names up by offset; '' beyond the end. Each distinct offset costs one copy, so names that overlap on purpose
 * could cost the table's size each: linkers share suffixes, but never make more of them than a few times the table.
 * @throws ELF_INVALID when the names are together longer than that
 */
export function stringTable(table: Uint8Array): (offset: number) => string {
  const bytes = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
  const known = new Map<number, string>();
  let budget = 4 * bytes.length + 65536;
  return (offset) => {
    const seen = known.get(offset);
    if (seen !== undefined) return seen;
    const nul = offset < bytes.length ? bytes.indexOf(0, offset) : offset;
    const end = nul < 0 ? bytes.length : nul;
    budget -= end - offset;
    if (budget < 0) throw new ElfreezeError('ELF_INVALID', 'a string table whose names overlap without end');
    const name = decodeName(bytes.subarray(offset, end));
    known.set(offset, name);
    return name;
  };
}
