import { open } from 'node:fs/promises';
import type { Range } from '../../src/base/range.ts';

/** A program header, with the addresses that it takes in memory. */
export interface Segment extends Range {
  readonly index: number;
  readonly type: string;
  /** `rw-` */
  readonly flags: string;
  readonly offset: bigint;
  readonly fileSize: bigint;
}

/** Offsets of fields in the ELF header and in a program header, and the width of a word. @source elf(5) */
const LAYOUT = {
  1: { word: 4, phoff: 28, phentsize: 42, flags: 24, offset: 4, vaddr: 8, filesz: 16, memsz: 20 },
  2: { word: 8, phoff: 32, phentsize: 54, flags: 4, offset: 8, vaddr: 16, filesz: 32, memsz: 40 },
} as const;
const EI_CLASS = 4;

/** @source elf(5), p_type */
const TYPES: Record<number, string> = {
  1: 'LOAD',
  2: 'DYNAMIC',
  3: 'INTERP',
  4: 'NOTE',
  6: 'PHDR',
  7: 'TLS',
  0x6474e550: 'GNU_EH_FRAME',
  0x6474e551: 'GNU_STACK',
  0x6474e552: 'GNU_RELRO',
  0x6474e553: 'GNU_PROPERTY',
};

/** The program headers of an ELF file, read by the lab itself. @throws when it is none */
export async function readSegments(path: string): Promise<Segment[]> {
  const file = await open(path);
  try {
    const head = await readAt(64, 0);
    const layout = head.subarray(0, 4).toString('latin1') === '\x7fELF' && LAYOUT[head[EI_CLASS] as 1 | 2];
    if (!layout) throw new Error(`${path} is no ELF file`);
    const [entrySize, entries] = [head.readUInt16LE(layout.phentsize), head.readUInt16LE(layout.phentsize + 2)];
    const table = await readAt(entrySize * entries, Number(wordAt(head, layout.phoff, layout.word)));
    return Array.from({ length: entries }, (_, index) =>
      decode(table.subarray(index * entrySize, (index + 1) * entrySize), index, layout),
    );
  } finally {
    await file.close();
  }

  async function readAt(length: number, position: number): Promise<Buffer> {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
    if (bytesRead !== length) throw new Error(`${path} is cut short`);
    return buffer;
  }
}

function decode(entry: Buffer, index: number, layout: (typeof LAYOUT)[1 | 2]): Segment {
  const word = (at: number) => wordAt(entry, at, layout.word);
  const [type, flags, start] = [entry.readUInt32LE(0), entry.readUInt32LE(layout.flags), word(layout.vaddr)];
  return {
    index,
    type: TYPES[type] ?? `0x${type.toString(16)}`,
    flags: `${flags & 4 ? 'r' : '-'}${flags & 2 ? 'w' : '-'}${flags & 1 ? 'x' : '-'}`,
    start,
    end: start + word(layout.memsz),
    offset: word(layout.offset),
    fileSize: word(layout.filesz),
  };
}

const wordAt = (bytes: Buffer, at: number, width: 4 | 8): bigint =>
  width === 4 ? BigInt(bytes.readUInt32LE(at)) : bytes.readBigUInt64LE(at);
