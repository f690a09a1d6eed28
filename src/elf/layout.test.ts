import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DYN, EHDR, NHDR, PHDR, SHDR, SYM, decode, decodeIdent, encode, encodeIdent, recordSize } from './layout.ts';
import type { Decoded, ElfClass, Layout } from './layout.ts';

const bytes = (hexText: string) => new Uint8Array(Buffer.from(hexText.replace(/\s/g, ''), 'hex'));

// Bytes of testdata/small-*, values as readelf -hlSW, readelf -sW and readelf -dW print them. A round trip alone could
// not see a wrong row.
const rows: [string, Layout, ElfClass, string, Record<string, bigint | number>][] = [
  [
    'Elf64_Ehdr after e_ident',
    EHDR,
    64,
    '03003e00 01000000 b9020000 00000000 40000000 00000000 78120000 00000000 00000000 40003800 09004000 12001100',
    {
      type: 3,
      machine: 62,
      version: 1,
      entry: 0x2b9n,
      phoff: 64n,
      shoff: 4728n,
      flags: 0,
      ehsize: 64,
      phentsize: 56,
      phnum: 9,
      shentsize: 64,
      shnum: 18,
      shstrndx: 17,
    },
  ],
  [
    'Elf32_Ehdr after e_ident',
    EHDR,
    32,
    '02000300 01000000 1e810408 34000000 a4110000 00000000 34002000 06002800 0c000b00',
    {
      type: 2,
      machine: 3,
      version: 1,
      entry: 0x804811en,
      phoff: 52n,
      shoff: 4516n,
      flags: 0,
      ehsize: 52,
      phentsize: 32,
      phnum: 6,
      shentsize: 40,
      shnum: 12,
      shstrndx: 11,
    },
  ],
  [
    'Elf64_Phdr of the data',
    PHDR,
    64,
    '01000000 06000000 2c0f0000 00000000 2c1f0000 00000000 2c1f0000 00000000 d8000000 00000000 f4300000 00000000 00100000 00000000',
    {
      type: 1,
      flags: 6,
      offset: 0xf2cn,
      vaddr: 0x1f2cn,
      paddr: 0x1f2cn,
      filesz: 0xd8n,
      memsz: 0x30f4n,
      align: 0x1000n,
    },
  ],
  [
    'Elf32_Phdr of the data',
    PHDR,
    32,
    '01000000 fc0f0000 fc9f0408 fc9f0408 08000000 24300000 06000000 00100000',
    {
      type: 1,
      offset: 0xffcn,
      vaddr: 0x8049ffcn,
      paddr: 0x8049ffcn,
      filesz: 8n,
      memsz: 0x3024n,
      flags: 6,
      align: 0x1000n,
    },
  ],
  [
    'Elf64_Shdr of .bss',
    SHDR,
    64,
    '84000000 08000000 03000000 00000000 20200000 00000000 04100000 00000000 00300000 00000000 00000000 00000000 20000000 00000000 00000000 00000000',
    {
      name: 132,
      type: 8,
      flags: 3,
      addr: 0x2020n,
      offset: 0x1004n,
      size: 0x3000n,
      link: 0,
      info: 0,
      addralign: 32n,
      entsize: 0n,
    },
  ],
  [
    'Elf64_Shdr of .symtab',
    SHDR,
    64,
    '01000000 02000000 00000000 00000000 00000000 00000000 30100000 00000000 50010000 00000000 10000000 05000000 08000000 00000000 18000000 00000000',
    {
      name: 1,
      type: 2,
      flags: 0,
      addr: 0n,
      offset: 0x1030n,
      size: 0x150n,
      link: 16,
      info: 5,
      addralign: 8n,
      entsize: 24n,
    },
  ],
  [
    'Elf32_Shdr of .symtab',
    SHDR,
    32,
    '01000000 02000000 00000000 00000000 2c100000 c0000000 0a000000 03000000 04000000 10000000',
    {
      name: 1,
      type: 2,
      flags: 0,
      addr: 0n,
      offset: 0x102cn,
      size: 0xc0n,
      link: 10,
      info: 3,
      addralign: 4n,
      entsize: 16n,
    },
  ],
  [
    'Elf32_Shdr of .tdata',
    SHDR,
    32,
    '3c000000 01000000 03040000 fc9f0408 fc0f0000 04000000 00000000 00000000 04000000 00000000',
    {
      name: 60,
      type: 1,
      flags: 0x403,
      addr: 0x8049ffcn,
      offset: 0xffcn,
      size: 4n,
      link: 0,
      info: 0,
      addralign: 4n,
      entsize: 0n,
    },
  ],
  [
    'Elf64_Sym of table',
    SYM,
    64,
    '1b000000 11000d00 20200000 00000000 00300000 00000000',
    { name: 27, info: 0x11, other: 0, shndx: 13, value: 0x2020n, size: 12288n },
  ],
  [
    'Elf32_Sym of _start',
    SYM,
    32,
    '36000000 1e810408 09000000 12000200',
    { name: 54, value: 0x804811en, size: 9n, info: 0x12, other: 0, shndx: 2 },
  ],
  ['Elf64_Nhdr of the build-id', NHDR, 64, '04000000 14000000 03000000', { namesz: 4, descsz: 20, type: 3 }],
  ['Elf32_Nhdr of the build-id', NHDR, 32, '04000000 14000000 03000000', { namesz: 4, descsz: 20, type: 3 }],
  ['Elf64_Dyn of DT_FLAGS_1', DYN, 64, 'fbffff6f 00000000 00000008 00000000', { tag: 0x6ffffffb, val: 0x08000000n }],
  ['Elf32_Dyn of DT_FLAGS_1', DYN, 32, 'fbffff6f 00000008', { tag: 0x6ffffffb, val: 0x08000000n }],
];

describe.each(rows)('%s', (_, layout, cls, hexText, record) => {
  it('decodes to what readelf prints', () => {
    expect(decode(layout, cls, bytes(hexText), 0)).toEqual(record);
  });
  it('encodes to the bytes that ld wrote', () => {
    expect(encode(layout, cls, record as Decoded<Layout>)).toEqual(bytes(hexText));
  });
  it('knows its size', () => {
    expect(recordSize(layout, cls)).toBe(bytes(hexText).length);
  });
  it('refuses a record that is cut short anywhere', () => {
    for (let length = 0; length < bytes(hexText).length; length++) {
      const short = bytes(hexText).subarray(0, length);
      expect(() => decode(layout, cls, short, 0)).toThrow(expect.objectContaining({ code: 'ELF_INVALID' }));
    }
  });
});

describe('encode', () => {
  const dyn = { tag: 1, val: 0n };

  it.each([
    ['a value too large for the class', 32, { ...dyn, val: 1n << 32n }, 'val = 0x100000000 in 4 bytes'],
    ['a negative value', 64, { ...dyn, val: -1n }, 'val = -1 in 8 bytes'],
    ['a number too large', 32, { ...dyn, tag: 2 ** 32 }, 'tag = 0x100000000 in 4 bytes'],
  ] as const)('refuses %s', (_, cls, record, what) => {
    expect(() => encode(DYN, cls, record)).toThrow(expect.objectContaining({ code: 'ELF_FIELD_OVERFLOW', what }));
  });

  it('is undone by decode at any offset', () => {
    const native = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const word = fc.nat(0xffffffff);
    const phdr = fc.record({
      type: word, flags: word, offset: native, vaddr: native, paddr: native, filesz: native, memsz: native, align: native,
    }); // prettier-ignore
    fc.assert(
      fc.property(phdr, fc.nat(9), (record, at) => {
        const encoded = new Uint8Array([...new Uint8Array(at), ...encode(PHDR, 64, record)]);
        expect(decode(PHDR, 64, encoded, at)).toEqual(record);
      }),
    );
  });
});

describe('decode', () => {
  it('refuses flags that a number cannot hold', () => {
    const record = bytes('ffffffffffffffff 0000000000000000');
    expect(() => decode(DYN, 64, record, 0)).toThrow(expect.objectContaining({ code: 'ELF_FIELD_OVERFLOW' }));
  });
});

describe('ident', () => {
  it.each([
    [32, '7f454c46 01010100 0000000000000000'],
    [64, '7f454c46 02010100 0000000000000000'],
  ] as const)('of class %i is what ld writes', (cls, hexText) => {
    expect(encodeIdent(cls)).toEqual(bytes(hexText));
    expect(decodeIdent(bytes(hexText))).toBe(cls);
  });

  it.each([
    ['another magic number', '7f454c47 02010100 0000000000000000'],
    ['a script', Buffer.from('#!/bin/sh\necho 1234567\n').toString('hex')],
    ['big-endian', '7f454c46 02020100 0000000000000000'],
    ['class 3', '7f454c46 03010100 0000000000000000'],
    ['version 0', '7f454c46 02010000 0000000000000000'],
    ['fifteen bytes', '7f454c46 02010100 00000000000000'],
    ['nothing', ''],
  ])('refuses %s', (_, hexText) => {
    expect(() => decodeIdent(bytes(hexText))).toThrow(expect.objectContaining({ code: 'ELF_INVALID' }));
  });
});
