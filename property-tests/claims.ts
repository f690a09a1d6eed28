import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ET_EXEC, PT, SHT_STRTAB } from '../src/elf/constants.ts';
import { type Ehdr, EHDR, encode, encodeIdent, NHDR, PHDR, SHDR } from '../src/elf/layout.ts';
import { type RandomAccess, readElf, readNotes } from '../src/elf/read.ts';
import { readImageFile } from '../src/image/read.ts';
import { NOTE_NAME, NT_ELFREEZE_DESCRIPTION } from '../src/plan/image/file-layout.ts';
import { parseKernel } from '../src/predict/kernel.ts';
import { predict } from '../src/predict/predict.ts';
import { parseFdinfo } from '../src/proc/fdinfo.ts';
import { parseMaps } from '../src/proc/maps.ts';
import { attempt } from './parsers.ts';

let asked = 0;

/** A file of any size that is a hole but for its beginning: it costs nobody anything. */
const sparse = (head: Buffer, size = 1n << 62n): RandomAccess => ({
  size,
  read: (offset, length) => {
    asked += length;
    const bytes = Buffer.alloc(length);
    if (offset < BigInt(head.length)) head.copy(bytes, 0, Number(offset));
    return bytes;
  },
});

const PHDRS_AT = 64n;
const elf = (fields: Partial<Ehdr>, rest: Buffer): Buffer => {
  const ehdr: Ehdr = {
    type: ET_EXEC, machine: 62, version: 1, entry: 0n, phoff: PHDRS_AT, shoff: 0n, flags: 0, ehsize: 64, phentsize: 56,
    phnum: 0, shentsize: 64, shnum: 0, shstrndx: 0, ...fields,
  }; // prettier-ignore
  return Buffer.concat([encodeIdent(64), encode(EHDR, 64, ehdr), rest]);
};

/** As many program headers as the kind allows, all alike. */
const segments = (type: number, count: number, fields: { filesz: bigint; memsz?: bigint; offset?: bigint }): Buffer => {
  const header = {
    type,
    flags: 7,
    offset: 0n,
    vaddr: 0x40_0000n,
    paddr: 0n,
    memsz: fields.filesz,
    align: 4096n,
    ...fields,
  };
  return elf({ phnum: count }, Buffer.concat(Array<Uint8Array>(count).fill(encode(PHDR, 64, header))));
};

const sections = (count: bigint, namesSize: bigint): Buffer => {
  const header = {
    name: 1,
    type: SHT_STRTAB,
    flags: 0,
    addr: 0n,
    offset: 0n,
    size: count,
    link: 1,
    info: 0,
    addralign: 1n,
    entsize: 0n,
  };
  const names = { ...header, size: namesSize };
  return elf({ shoff: 64n, shstrndx: 1 }, Buffer.from([...encode(SHDR, 64, header), ...encode(SHDR, 64, names)]));
};

/** One that says of itself whatever stands in `description`, and claims more. */
const image = (descsz: number, description: string): Buffer => {
  const name = Buffer.from(`${NOTE_NAME}\0`.padEnd((NOTE_NAME.length + 4) & ~3, '\0'));
  const note = encode(NHDR, 64, { namesz: NOTE_NAME.length + 1, descsz, type: NT_ELFREEZE_DESCRIPTION });
  const head = segments(PT.PT_NOTE, 1, { offset: 120n, filesz: BigInt(12 + name.length + descsz) });
  return Buffer.concat([head, note, name, Buffer.from(description)]);
};

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');
const mapsLine = (i: number): string =>
  `${(0x1000_0000 + i * 0x2000).toString(16)}-${(0x1000_1000 + i * 0x2000).toString(16)} rw-p 00000000 fe:00 ${i} /some/file/of/a/program\n`;
/** vm.max_map_count, and what is always there. */
const MOST_MAPPINGS = 65_600;
/** Of each kernel the most that it takes, and one more. */
const COUNTS = [1170, 1171];

const readImage = (bytes: Buffer): unknown => readImageFile('x.elf', sparse(bytes));
const predicted = (bytes: Buffer): unknown => predict(sparse(bytes), { kernel: parseKernel('7.3') });

/** Files and texts that claim much, each with who believes it. */
export const CLAIMS: Readonly<Record<string, () => unknown>> = {
  'ELF: as many program headers as there can be': () => readElf(sparse(segments(PT.PT_LOAD, 0xfffe, { filesz: 1n }))),
  'ELF: four thousand million sections': () => readElf(sparse(sections(0xffff_ffffn, 16n))),
  'ELF: as many sections as it takes, their names without end': () => readElf(sparse(sections(0xffffn, 16n))),
  'ELF: names of sections of 200 MiB': () => readElf(sparse(sections(2n, 200n << 20n))),
  'ELF: notes of 200 MiB': () => notesOf(segments(PT.PT_NOTE, 1, { filesz: 200n << 20n })),
  'ELF: the same notes sixty thousand times': () => notesOf(segments(PT.PT_NOTE, 60_000, { filesz: 1n << 19n })),
  'image: a description of 100 MiB of nothing': () => readImage(image(100 << 20, '')),
  'image: a description that ends in nothing': () => readImage(image(100 << 20, '{"snapshot":')),
  'image: more nesting than sense': () => readImage(image(200_000, '[{"a":'.repeat(30_000))),
  'predict: segments as large as the address space': () =>
    COUNTS.map((count) => predicted(segments(PT.PT_LOAD, count, { filesz: 1n << 61n }))),
  'predict: zeros as large as the address space': () =>
    COUNTS.map((count) => predicted(segments(PT.PT_LOAD, count, { filesz: 0n, memsz: 0x7000_0000_0000n }))),
  'predict: the name of an interpreter of a TiB': () => predicted(segments(PT.PT_INTERP, 3, { filesz: 1n << 40n })),
  'maps: as many lines as a process can have': () => parseMaps(lines(MOST_MAPPINGS, mapsLine)),
  'fdinfo: a hundred thousand lines': () =>
    parseFdinfo(`pos:\t0\nflags:\t02\nmnt_id:\t9\n${lines(100_000, (i) => `tfd: ${i}\n`)}`),
};

function notesOf(bytes: Buffer): unknown {
  const file = sparse(bytes);
  return readNotes(file, readElf(file));
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that `action` asked of files, and that what it returns keeps. */
export function costOf(action: () => unknown): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  asked = 0;
  const kept = [attempt(action)];
  collect();
  const after = process.memoryUsage();
  return asked + (kept.length > 0 ? after.heapUsed - heapUsed + after.arrayBuffers - arrayBuffers : 0);
}
