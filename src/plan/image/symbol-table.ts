import type { Range } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import { SHF_ALLOC, SHN_ABS, SHN_LORESERVE, SHN_UNDEF, STB, STB_LOCAL, STT, STT_SECTION } from '../../elf/constants.ts';
import { encode, SYM } from '../../elf/layout.ts';
import type { ElfSymbol } from '../../elf/read.ts';
import type { OriginalProgram } from './original-program.ts';
import { StringTable } from './string-table.ts';

interface SymbolTable {
  readonly symbols: Uint8Array;
  /** How many symbols come before the first that is not local: `sh_info`. */
  readonly locals: number;
  readonly names: Uint8Array;
}

/** A section of the image, by its number there. */
export interface NumberedSection extends Range {
  readonly number: number;
  /** Its number in the program's own file. */
  readonly index: number;
}

/**
 * The program's symbols at their run-time addresses, local ones first as the format wants. A symbol in memory that the
 * image has not at its own address, such as zeros that nobody touched, is there as an absolute one.
 */
export function encodeSymbols(
  arch: Arch,
  { symbols, sections, bias }: OriginalProgram,
  kept: readonly NumberedSection[],
): SymbolTable {
  const cls = arch.elfClass;
  const names = new StringTable();
  const parts = new Map<number, NumberedSection[]>();
  for (const part of kept) parts.set(part.index, [...(parts.get(part.index) ?? []), part]);
  const rows = symbols.flatMap(({ name, bind, type, visibility, shndx, value, size }) => {
    if (shndx === SHN_UNDEF || type === STT_SECTION) return [];
    const isAddress = shndx < SHN_LORESERVE && type !== STT.STT_TLS;
    const moved = isAddress ? BigInt.asUintN(cls, value + bias) : value;
    const home = isAddress ? holder(parts.get(shndx) ?? [], moved, size) : parts.get(shndx)?.[0];
    const inMemory = ((sections[shndx]?.flags ?? 0) & SHF_ALLOC) !== 0 && isAddress;
    if (!home && shndx < SHN_LORESERVE && !inMemory) return [];
    const bytes = encode(SYM, cls, {
      name: names.add(name),
      info: (bind << 4) | type,
      other: visibility,
      shndx: home?.number ?? (inMemory ? SHN_ABS : shndx),
      value: moved,
      size,
    });
    return [{ local: bind === STB_LOCAL, bytes }];
  });
  const nothing = encode(SYM, cls, { name: 0, info: 0, other: 0, shndx: 0, value: 0n, size: 0n });
  const locals = [nothing, ...rows.filter(({ local }) => local).map(({ bytes }) => bytes)];
  const globals = rows.filter(({ local }) => !local).map(({ bytes }) => bytes);
  return { symbols: Buffer.concat([...locals, ...globals]), locals: locals.length, names: names.bytes() };
}

/** The part that a symbol lies in; those that mark an end lie just after it. */
const holder = (parts: readonly NumberedSection[], address: bigint, size: bigint): NumberedSection | undefined =>
  parts.find(({ start, end }) => start <= address && address < end && address + size <= end) ??
  (size === 0n ? parts.find(({ end }) => end === address) : undefined);

/** Whether a symbol is of a kind that only GNU systems know, so that the file must be marked as theirs. @source elf(5) ELFOSABI_GNU */
export const isGnuSymbol = ({ type, bind }: ElfSymbol): boolean =>
  type === STT.STT_GNU_IFUNC || bind === STB.STB_GNU_UNIQUE;
