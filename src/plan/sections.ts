import { contains, type Range } from '../base/range.ts';
import type { Arch } from '../arch/arch.ts';
import {
  SHF_ALLOC,
  SHF_TLS,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_NULL,
  SHT_PROGBITS,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_DYNSYM,
  STT_SECTION,
  STB_LOCAL,
} from '../elf/constants.ts';
import { encode, recordSize, type Shdr, SHDR, SYM } from '../elf/layout.ts';
import type { ElfSymbol, Section } from '../elf/read.ts';
import type { Piece } from './file-layout.ts';
import type { Segment } from './plan.ts';

/** Sections and symbols of the program as its own file has them, and how far it was moved. */
export interface OriginalProgram {
  readonly bias: bigint;
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
}

interface Input {
  readonly arch: Arch;
  readonly original: OriginalProgram | undefined;
  readonly placed: readonly { readonly segment: Segment; readonly offset: bigint }[];
  readonly note: { readonly offset: bigint; readonly size: bigint };
  /** First free offset in the file. */
  readonly from: bigint;
}

interface Sections {
  readonly headersAt: bigint;
  readonly count: number;
  readonly namesIndex: number;
  readonly pieces: readonly Piece[];
  readonly end: bigint;
}

const STT_TLS = 6;

type NamedHeader = Omit<Shdr, 'name'> & { readonly name: string };

const section = (fields: Partial<NamedHeader> & { name: string }): NamedHeader => ({
  type: SHT_NULL, flags: 0, addr: 0n, offset: 0n, size: 0n, link: 0, info: 0, addralign: 1n, entsize: 0n, ...fields,
}); // prettier-ignore

/**
 * Section headers for tools: the program's sections at the addresses where they were loaded, its symbols, the note.
 * A section whose memory is not in the file at its own address is left out.
 */
export function buildSections({ arch, original, placed, note, from }: Input): Sections {
  const cls = arch.elfClass;
  const kept = (original?.sections ?? []).flatMap((own, index) => {
    const moved = relocate(own, original?.bias ?? 0n, placed);
    return moved ? [{ index, header: moved }] : [];
  });
  const names = new Names();
  const newIndex = new Map(kept.map(({ index }, i) => [index, i + 1]));
  const symbols = encodeSymbols(arch, original, newIndex, names);
  const strtab = names.bytes();

  const symtabAt = from;
  const strtabAt = symtabAt + BigInt(symbols.bytes.length);
  const headers: NamedHeader[] = [section({ name: '' }), ...kept.map(({ header }) => header)];
  headers.push(
    section({ name: '.note.elfreeze', type: SHT_NOTE, offset: note.offset, size: note.size, addralign: 4n }),
  );
  if (original) {
    const strtabIndex = headers.length + 1;
    headers.push(
      section({
        name: '.symtab',
        type: SHT_SYMTAB,
        offset: symtabAt,
        size: BigInt(symbols.bytes.length),
        link: strtabIndex,
        info: symbols.locals,
        addralign: BigInt(arch.wordSize),
        entsize: BigInt(recordSize(SYM, cls)),
      }),
    );
    headers.push(section({ name: '.strtab', type: SHT_STRTAB, offset: strtabAt, size: BigInt(strtab.length) }));
  }
  const namesIndex = headers.length;
  const shstrtab = new Names();
  for (const { name } of headers) shstrtab.add(name);
  shstrtab.add('.shstrtab');
  const shstrtabAt = strtabAt + BigInt(strtab.length);
  headers.push(
    section({ name: '.shstrtab', type: SHT_STRTAB, offset: shstrtabAt, size: BigInt(shstrtab.bytes().length) }),
  );
  const headersAt = (shstrtabAt + BigInt(shstrtab.bytes().length) + 15n) & ~15n;
  const table = Buffer.concat(
    headers.map((header) => encode(SHDR, cls, { ...header, name: shstrtab.add(header.name) })),
  );
  const piece = (offset: bigint, bytes: Uint8Array): Piece[] =>
    bytes.length > 0 ? [{ offset, kind: 'bytes', bytes }] : [];
  return {
    headersAt,
    count: headers.length,
    namesIndex,
    pieces: [
      ...(original ? [...piece(symtabAt, symbols.bytes), ...piece(strtabAt, strtab)] : []),
      ...piece(shstrtabAt, shstrtab.bytes()),
      ...piece(headersAt, table),
    ],
    end: headersAt + BigInt(table.length),
  };
}

/** Sections that are about the program itself and mean nothing in the image, or that tools would relocate by. */
const KEPT_TYPES = [
  SHT_PROGBITS,
  SHT_NOBITS,
  SHT_NOTE,
  14 /* INIT_ARRAY */,
  15 /* FINI_ARRAY */,
  16 /* PREINIT_ARRAY */,
  6 /* DYNAMIC */,
];

function relocate(own: Section, bias: bigint, placed: Input['placed']): NamedHeader | undefined {
  if (!(own.flags & SHF_ALLOC) || !KEPT_TYPES.includes(own.type) || own.size === 0n) return undefined;
  if (own.flags & SHF_TLS && own.type === SHT_NOBITS) return undefined; // .tbss takes no memory of its own
  const addr = own.addr + bias;
  const home = placed.find(
    ({ segment }) => contains(rangeOf(segment), addr) && addr + own.size <= segment.vaddr + segment.size,
  );
  if (!home) return undefined;
  // .bss has bytes by now.
  const type = own.type === SHT_NOBITS ? SHT_PROGBITS : own.type;
  if (own.type === 6)
    return section({ ...own, addr, offset: home.offset + addr - home.segment.vaddr, link: 0, info: 0 });
  return section({ ...own, type, addr, offset: home.offset + addr - home.segment.vaddr, link: 0, info: 0 });
}

const rangeOf = (segment: Segment): Range => ({ start: segment.vaddr, end: segment.vaddr + segment.size });

/** Symbols at their run-time addresses, local ones first as the format wants. */
function encodeSymbols(
  arch: Arch,
  original: OriginalProgram | undefined,
  newIndex: ReadonlyMap<number, number>,
  names: Names,
): { bytes: Uint8Array; locals: number } {
  const cls = arch.elfClass;
  const empty = encode(SYM, cls, { name: 0, info: 0, other: 0, shndx: 0, value: 0n, size: 0n });
  const symbols = (original?.symbols ?? []).flatMap((symbol) => {
    const shndx = newIndex.get(symbol.shndx) ?? (symbol.shndx >= SHN_LORESERVE ? symbol.shndx : SHN_UNDEF);
    if (shndx === SHN_UNDEF || symbol.type === STT_SECTION || symbol.type === STT_TLS) return [];
    const moved = shndx >= SHN_LORESERVE ? symbol.value : symbol.value + (original?.bias ?? 0n);
    const bytes = encode(SYM, cls, {
      name: names.add(symbol.name),
      info: (symbol.bind << 4) | symbol.type,
      other: symbol.visibility,
      shndx,
      value: moved,
      size: symbol.size,
    });
    return [{ local: symbol.bind === STB_LOCAL, bytes }];
  });
  const locals = symbols.filter(({ local }) => local);
  const globals = symbols.filter(({ local }) => !local);
  return {
    bytes: Buffer.concat([empty, ...[...locals, ...globals].map(({ bytes }) => bytes)]),
    locals: locals.length + 1,
  };
}

/** A string table under construction; offset 0 is the empty string. */
class Names {
  private readonly offsets = new Map<string, number>([['', 0]]);
  private readonly parts: string[] = ['\0'];
  private length = 1;

  add(name: string): number {
    const known = this.offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.length;
    this.offsets.set(name, offset);
    this.parts.push(`${name}\0`);
    this.length += Buffer.byteLength(name) + 1;
    return offset;
  }

  bytes(): Uint8Array {
    return Buffer.from(this.parts.join(''));
  }
}

/** The symbol table to keep: the full one, or what dynamic linking needs when the program was stripped. */
export const symbolSection = (sections: readonly Section[]): Section | undefined =>
  sections.find(({ type }) => type === SHT_SYMTAB) ?? sections.find(({ type }) => type === SHT_DYNSYM);
