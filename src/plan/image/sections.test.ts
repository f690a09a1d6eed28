import { describe, expect, it } from 'vitest';
import { ARCHES } from '../../arch/index.ts';
import { PT, SHF, SHN, SHT, STB, STT } from '../../elf/constants.ts';
import { decode, recordSize, SHDR } from '../../elf/layout.ts';
import { bufferAccess, type ElfFile, readSymbols, type Section } from '../../elf/read.ts';
import { keepHeaders, type OriginalProgram } from './original-program.ts';
import { buildSections } from './sections.ts';

const BIAS = 0x5000_0000n;
const WA = SHF.SHF_WRITE | SHF.SHF_ALLOC;

const section = (name: string, type: number, flags: number, addr: bigint, size: bigint): Section => ({
  name, type, flags, addr, size, offset: addr, link: 9, info: 9, addralign: 16n, entsize: 0n,
}); // prettier-ignore

const symbol = (name: string, shndx: number, value: bigint, size: bigint, bind: number = STB.STB_GLOBAL) => ({
  name, shndx, value, size, bind, type: STT.STT_OBJECT, visibility: 0,
}); // prettier-ignore

/** .data and .bss share a page; the .bss goes on for three more, of which the first is in the image. */
const original: OriginalProgram = {
  bias: BIAS,
  phdrs: [PT.PT_LOAD, PT.PT_TLS, PT.PT_GNU_EH_FRAME].map((type) => ({
    type, flags: 4, offset: 0x10n, vaddr: 0x1010n, paddr: 0x1010n, filesz: 8n, memsz: 8n, align: 8n,
  })), // prettier-ignore
  sections: [
    section('', SHT.SHT_NULL, 0, 0n, 0n),
    section('.data', SHT.SHT_PROGBITS, WA, 0x1000n, 0x800n),
    section('.bss', SHT.SHT_NOBITS, WA, 0x1800n, 0x3800n),
    section('.comment', SHT.SHT_PROGBITS, 0, 0n, 4n),
    section('.far', SHT.SHT_PROGBITS, WA, 0x9000n, 4n),
  ],
  symbols: [
    symbol('', SHN.SHN_UNDEF, 0n, 0n, STB.STB_LOCAL),
    symbol('in_data', 1, 0x1010n, 8n),
    symbol('in_first_part', 2, 0x1900n, 8n, STB.STB_LOCAL),
    symbol('in_second_part', 2, 0x2008n, 8n),
    symbol('across_parts', 2, 0x1ff8n, 16n),
    symbol('untouched', 2, 0x3000n, 8n),
    symbol('a_file_of_it', SHN.SHN_ABS, 0x77n, 0n),
    symbol('elsewhere', SHN.SHN_UNDEF, 0n, 0n),
    symbol('of_a_comment', 3, 1n, 0n),
  ],
  debug: new Map([[3, Uint8Array.of(1, 2, 3, 4)]]),
};

const placed = [
  { vaddr: BIAS + 0x1000n, name: 'page of the file' },
  { vaddr: BIAS + 0x2000n, name: 'more of the .bss' },
  { vaddr: 0x7000_0000n, name: '[heap]' },
  { vaddr: 0x7100_0000n },
].map((range, i) => ({
  segment: { ...range, size: 0x1000n, prot: 3, rank: 5, contents: [] },
  offset: BigInt(i + 1) * 0x1000n,
}));

function built(program: OriginalProgram | undefined) {
  const arch = ARCHES['x86-64'];
  const result = buildSections({
    arch,
    original: program,
    placed,
    note: { offset: 0x5000n, size: 20n },
    from: 0x6000n,
  });
  const bytes = Buffer.alloc(Number(result.end));
  for (const piece of result.pieces) if (piece.kind === 'bytes') bytes.set(piece.bytes, Number(piece.offset));
  const headers = Array.from({ length: result.count }, (_, i) =>
    decode(SHDR, 64, bytes, Number(result.headersAt) + i * recordSize(SHDR, 64)),
  );
  const names = headers[result.namesIndex]!;
  const nameAt = (offset: number) => {
    const start = Number(names.offset) + offset;
    return bytes.toString('latin1', start, bytes.indexOf(0, start));
  };
  const sections = headers.map((header) => ({ ...header, name: nameAt(header.name) }));
  const table = sections.find(({ type }) => type === SHT.SHT_SYMTAB);
  const symbols = table ? readSymbols(bufferAccess(bytes), { cls: 64, sections } as unknown as ElfFile, table) : [];
  return { sections, symbols, table, bytes };
}

describe('sections of an image', () => {
  it("are the program's where they were loaded, in as many parts as there are segments, and one for each other segment with a name", () => {
    const { sections } = built(original);
    expect(sections.map(({ name, type, addr, offset, size }) => [name, type, addr, offset, size])).toEqual([
      ['', SHT.SHT_NULL, 0n, 0n, 0n],
      ['.data', SHT.SHT_PROGBITS, BIAS + 0x1000n, 0x1000n, 0x800n],
      ['.bss', SHT.SHT_PROGBITS, BIAS + 0x1800n, 0x1800n, 0x800n],
      ['.bss', SHT.SHT_PROGBITS, BIAS + 0x2000n, 0x2000n, 0x1000n],
      ['[heap]', SHT.SHT_PROGBITS, 0x7000_0000n, 0x3000n, 0x1000n],
      ['.note.elfreeze', SHT.SHT_NOTE, 0n, 0x5000n, 20n],
      ['.comment', SHT.SHT_PROGBITS, 0n, 0x6000n, 4n],
      expect.arrayContaining(['.symtab']),
      expect.arrayContaining(['.strtab']),
      expect.arrayContaining(['.shstrtab']),
    ]);
  });

  it('have symbols at run-time addresses, local ones first, absolute ones where the image has no memory', () => {
    const { symbols, sections, table } = built(original);
    expect(symbols.map(({ name, value, shndx }) => [name, value, sections[shndx]?.name ?? shndx])).toEqual([
      ['', 0n, ''],
      ['in_first_part', BIAS + 0x1900n, '.bss'],
      ['in_data', BIAS + 0x1010n, '.data'],
      ['in_second_part', BIAS + 0x2008n, '.bss'],
      ['across_parts', BIAS + 0x1ff8n, SHN.SHN_ABS],
      ['untouched', BIAS + 0x3000n, SHN.SHN_ABS],
      ['a_file_of_it', 0x77n, SHN.SHN_ABS],
    ]);
    expect(table?.info).toBe(2);
  });

  it('are those of the segments when nothing is known of the program', () => {
    const { sections } = built(undefined);
    expect(sections.map(({ name }) => name)).toEqual(
      ['', 'page of the file', 'more of the .bss', '[heap]', '.note.elfreeze', '.shstrtab'],
    ); // prettier-ignore
  });
});

it('headers for debuggers point to the memory that was loaded', () => {
  const kept = keepHeaders(original, placed);
  expect(kept.map(({ type }) => type)).toEqual([PT.PT_TLS, PT.PT_GNU_EH_FRAME]);
  expect(kept[0]).toMatchObject({ vaddr: BIAS + 0x1010n, offset: 0x1010n, filesz: 8n });
});
