import { overlaps, PAGE } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import { SHF, SHT_NOTE, SHT_NULL, SHT_PROGBITS, SHT_STRTAB, SHT_SYMTAB } from '../../elf/constants.ts';
import { encode, recordSize, SHDR, SYM } from '../../elf/layout.ts';
import { PROT_EXEC, PROT_WRITE } from '../../snapshot/memory.ts';
import type { Piece } from './piece.ts';
import {
  keepSections,
  type KeptSection,
  type NamedHeader,
  type OriginalProgram,
  type PlacedSegment,
} from './original-program.ts';
import { StringTable } from './string-table.ts';
import { encodeSymbols, type NumberedSection } from './symbol-table.ts';

interface Input {
  readonly arch: Arch;
  readonly original: OriginalProgram | undefined;
  readonly placed: readonly PlacedSegment[];
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

/** A section, with the bytes to put in the file unless they are in it already. */
interface Entry {
  readonly header: NamedHeader;
  readonly bytes?: Uint8Array;
}

const section = (fields: Partial<NamedHeader> & { name: string }): NamedHeader => ({
  type: SHT_NULL, flags: 0, addr: 0n, offset: 0n, size: 0n, link: 0, info: 0, addralign: 1n, entsize: 0n, ...fields,
}); // prettier-ignore

/**
 * Section headers for tools, by address: the program's sections where they were loaded, and one for each other segment
 * that has a name. After them what has no address: the note, debug information, the program's symbols.
 */
export function buildSections({ arch, original, placed, note, from }: Input): Sections {
  const kept = original ? keepSections(original, placed) : [];
  const inMemory = kept.filter(({ bytes }) => !bytes);
  const loaded = [
    ...inMemory,
    ...placed.filter(({ segment }) => !holdsAny(segment, inMemory)).flatMap(wholeSegment),
  ].sort((a, b) => (a.header.addr < b.header.addr ? -1 : 1));
  const entries: (Entry | KeptSection)[] = [
    { header: section({ name: '', addralign: 0n }) },
    ...loaded,
    { header: section({ name: '.note.elfreeze', type: SHT_NOTE, ...note, addralign: 4n }) },
    ...kept.filter(({ bytes }) => bytes),
  ];
  const numbered = entries.flatMap((entry, number): NumberedSection[] => {
    if (!('index' in entry)) return [];
    const { addr, size } = entry.header;
    return [{ number, index: entry.index, start: addr, end: addr + size }];
  });
  return layOut(arch, from, [...entries, ...symbolEntries(arch, original, numbered, entries.length)]);
}

const holdsAny = ({ vaddr, size }: PlacedSegment['segment'], sections: readonly KeptSection[]): boolean =>
  sections.some(({ header: { addr, size: length } }) =>
    overlaps({ start: addr, end: addr + length }, { start: vaddr, end: vaddr + size }),
  );

function wholeSegment({ segment: { name, vaddr, size, prot }, offset }: PlacedSegment): Entry[] {
  if (name === undefined) return [];
  const access = (prot & PROT_WRITE ? SHF.SHF_WRITE : 0) | (prot & PROT_EXEC ? SHF.SHF_EXECINSTR : 0);
  const place = { addr: vaddr, offset, size, addralign: PAGE };
  return [{ header: section({ name, type: SHT_PROGBITS, flags: SHF.SHF_ALLOC | access, ...place }) }];
}

function symbolEntries(
  arch: Arch,
  original: OriginalProgram | undefined,
  kept: readonly NumberedSection[],
  index: number,
): Entry[] {
  if (!original) return [];
  const table = encodeSymbols(arch, original, kept);
  return [
    {
      header: section({
        name: '.symtab',
        type: SHT_SYMTAB,
        link: index + 1,
        info: table.locals,
        addralign: BigInt(arch.wordSize),
        entsize: BigInt(recordSize(SYM, arch.elfClass)),
      }),
      bytes: table.symbols,
    },
    { header: section({ name: '.strtab', type: SHT_STRTAB }), bytes: table.names },
  ];
}

/** Puts what is not in the file yet after everything else, the table of headers last. */
function layOut(arch: Arch, from: bigint, entries: readonly Entry[]): Sections {
  const names = new StringTable();
  for (const { header } of entries) names.add(header.name);
  names.add('.shstrtab');
  const all = [...entries, { header: section({ name: '.shstrtab', type: SHT_STRTAB }), bytes: names.bytes() }];

  let end = from;
  const pieces: Piece[] = [];
  const headers = all.map(({ header, bytes }) => {
    if (!bytes) return header;
    const align = header.addralign > 1n ? header.addralign : 1n;
    const offset = ((end + align - 1n) / align) * align;
    end = offset + BigInt(bytes.length);
    if (bytes.length > 0) pieces.push({ offset, kind: 'bytes', bytes });
    return { ...header, offset, size: BigInt(bytes.length) };
  });
  const headersAt = (end + 15n) & ~15n;
  const table = Buffer.concat(
    headers.map((header) => encode(SHDR, arch.elfClass, { ...header, name: names.add(header.name) })),
  );
  pieces.push({ offset: headersAt, kind: 'bytes', bytes: table });
  return {
    headersAt,
    count: headers.length,
    namesIndex: headers.length - 1,
    pieces,
    end: headersAt + BigInt(table.length),
  };
}
