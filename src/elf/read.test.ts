import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElfreezeError } from '../base/errors.ts';
import { DT, NT_GNU_BUILD_ID, PT, SHT, STB, STT, nameOf } from './constants.ts';
import { IDENT_SIZE, EHDR, SHDR, decode, encode, encodeIdent } from './layout.ts';
import { bufferAccess, readDynamic, readElf, readNotes, readSymbols } from './read.ts';

const load = (name: string) => new Uint8Array(readFileSync(new URL(`testdata/${name}`, import.meta.url)));
const pie64 = load('small-pie.elf64');
const exec32 = load('small-exec.elf32');

/** All that can be read of a file. */
function readAll(bytes: Uint8Array) {
  const file = bufferAccess(bytes);
  const elf = readElf(file);
  const symbols = elf.sections
    .filter(({ type }) => type === SHT.SHT_SYMTAB || type === SHT.SHT_DYNSYM)
    .flatMap((section) => readSymbols(file, elf, section));
  return { ...elf, symbols, notes: readNotes(file, elf), dynamic: readDynamic(file, elf) };
}

describe('a position-independent 64-bit executable', () => {
  const elf = readAll(pie64);

  it('has the headers that readelf prints', () => {
    expect([elf.cls, elf.type, elf.machine, elf.entry]).toEqual([64, 3, 62, 0x2b9n]);
    expect(elf.phdrs.map(({ type }) => nameOf(PT, type).replace(/^PT_/, '')).join(' ')).toBe(
      'PHDR INTERP LOAD LOAD DYNAMIC NOTE TLS GNU_STACK GNU_RELRO',
    );
    expect(elf.sections.map(({ name }) => name).join(' ')).toBe(
      ' .interp .note.gnu.build-id .gnu.hash .dynsym .dynstr .text .rodata .eh_frame .tdata .tbss .dynamic .data .bss .comment .symtab .strtab .shstrtab',
    );
  });

  it('has its symbols, by name', () => {
    expect(elf.symbols.filter(({ name }) => name === 'greet' || name === 'per_thread')).toEqual([
      { name: 'per_thread', value: 0n, size: 4n, type: STT.STT_TLS, bind: STB.STB_GLOBAL, visibility: 0, shndx: 9 },
      { name: 'greet', value: 0x2b1n, size: 8n, type: STT.STT_FUNC, bind: STB.STB_GLOBAL, visibility: 0, shndx: 6 },
    ]);
  });

  it('has a dynamic section without its end mark', () => {
    expect(elf.dynamic.map(({ tag }) => nameOf(DT, tag)).join(' ')).toBe(
      'DT_GNU_HASH DT_STRTAB DT_SYMTAB DT_STRSZ DT_SYMENT DT_DEBUG DT_FLAGS_1',
    );
  });
});

describe('a static 32-bit executable', () => {
  const elf = readAll(exec32);

  it('has the headers that readelf prints', () => {
    expect([elf.cls, elf.type, elf.machine, elf.entry]).toEqual([32, 2, 3, 0x804811en]);
    expect(elf.symbols.find(({ name }) => name === 'table')).toMatchObject({ value: 0x804a020n, size: 12288n });
    expect(elf.dynamic).toEqual([]);
  });

  it('has the build-id that readelf prints', () => {
    const desc = new Uint8Array(Buffer.from('baf86b91c379c1fe52ee22c56be547ee33264297', 'hex'));
    expect(elf.notes).toEqual([{ name: 'GNU', type: NT_GNU_BUILD_ID, desc }]);
  });
});

describe('notes', () => {
  it('end at multiples of 8 where the segment says so, and are read from sections where there are no segments', () => {
    const word = (...values: number[]) => [...new Uint8Array(Uint32Array.from(values).buffer)];
    const name = [...Buffer.from('GNU\0')];
    const bytes = Uint8Array.from([...word(4, 4, 5), ...name, ...word(7, 0), ...word(4, 0, 1), ...name]);
    const section = { ...nullSection, name: '.note', type: SHT.SHT_NOTE, size: BigInt(bytes.length), addralign: 8n };
    const elf = { ...readElf(bufferAccess(pie64)), phdrs: [], sections: [section] };
    expect(readNotes(bufferAccess(bytes), elf)).toEqual([
      { name: 'GNU', type: 5, desc: Uint8Array.from(word(7)) },
      { name: 'GNU', type: 1, desc: new Uint8Array() },
    ]);
  });
});

const nullSection = decode(SHDR, 64, new Uint8Array(64), 0);

describe('counts too large for the ELF header', () => {
  it('are found in the first section header', () => {
    const ehdr = decode(EHDR, 64, pie64, IDENT_SIZE);
    const bytes = pie64.slice();
    bytes.set(encode(EHDR, 64, { ...ehdr, phnum: 0xffff, shnum: 0, shstrndx: 0xffff }), IDENT_SIZE);
    bytes.set(encode(SHDR, 64, { ...nullSection, size: 18n, link: 17, info: 9 }), Number(ehdr.shoff));
    const { phdrs, sections } = readElf(bufferAccess(bytes));
    expect(phdrs).toEqual(readElf(bufferAccess(pie64)).phdrs);
    expect(sections.slice(1)).toEqual(readElf(bufferAccess(pie64)).sections.slice(1));
  });
});

describe.each([
  ['64-bit', pie64],
  ['32-bit', exec32],
])('a hostile %s file', (_, good) => {
  /** Ends in a value or in an ElfreezeError. */
  function survives(bytes: Uint8Array) {
    try {
      readAll(bytes);
    } catch (error) {
      if (!(error instanceof ElfreezeError)) throw error;
      expect(['ELF_INVALID', 'ELF_FIELD_OVERFLOW']).toContain(error.code);
    }
  }

  it('may end anywhere', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => readElf(bufferAccess(good.subarray(0, length))), `${length} bytes`).toThrow(ElfreezeError);
    }
  });

  it('may have any byte changed', () => {
    for (let at = 0; at < good.length; at++) {
      for (const value of [0xff, good[at]! ^ 1]) {
        const bytes = good.slice();
        bytes[at] = value;
        survives(bytes);
      }
    }
  });

  it('may be changed in several places and cut', () => {
    const change = fc.tuple(fc.nat(good.length - 4), fc.constantFrom(1, 2, 4), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(good.length), (changes, length) => {
        const bytes = good.slice();
        for (const [at, width, value] of changes) bytes.fill(value, at, at + width);
        survives(bytes.subarray(0, length % 3 === 0 ? length : good.length));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a file larger than memory', () => {
  /** A sparse file of 1 TiB that holds `head` and zeros. */
  const sparse = (head: Uint8Array) => ({
    size: 1n << 40n,
    read(offset: bigint, length: number) {
      if (length > 1 << 20) throw new Error(`asked for ${length} bytes`);
      const bytes = new Uint8Array(length);
      bytes.set(head.subarray(Math.min(Number(offset), head.length)).subarray(0, length));
      return bytes;
    },
  });
  const ehdr = decode(EHDR, 64, pie64, IDENT_SIZE);

  it.each([
    ['sections', { size: 1n << 33n, link: 0, info: 9 }],
    ['program headers', { size: 18n, link: 0, info: 0xffffffff }],
  ])('cannot make the reader allocate its %s', (_, counts) => {
    const head = new Uint8Array(1 << 13);
    head.set([...encodeIdent(64), ...encode(EHDR, 64, { ...ehdr, shoff: 4096n, phnum: 0xffff, shnum: 0 })]);
    head.set(encode(SHDR, 64, { ...nullSection, ...counts }), 4096);
    expect(() => readElf(sparse(head))).toThrow(expect.objectContaining({ code: 'ELF_INVALID' }));
  });
});
