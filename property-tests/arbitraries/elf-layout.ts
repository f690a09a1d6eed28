import { EHDR, type ElfClass, encode, encodeIdent, PHDR } from '../../src/elf/layout.ts';
import type { FilePieces } from '../oracles/case.ts';

/** A program header, by its fields. */
export interface Header {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly vaddr: bigint;
  readonly filesz: bigint;
  readonly memsz: bigint;
  readonly align: bigint;
}

/** An ELF file as its headers say, right or wrong: every field that the kernel reads may be set apart. */
export interface ElfLayout {
  readonly cls: ElfClass;
  readonly magic: number;
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly headers: readonly Header[];
  /** Headers of type PT_NULL that follow, to reach a count. */
  readonly fillers: number;
  readonly phoff: bigint;
  readonly phentsize: number;
  /** e_phnum where it is not the real count. */
  readonly phnum: number | undefined;
  readonly fileSize: number;
  /** The string at the place that PT_INTERP tells. */
  readonly interpreterPath: string | undefined;
  readonly interpreter: ElfLayout | undefined;
}

export const MAGIC = 0x464c457f;
export const headerSize = (cls: ElfClass): number => (cls === 64 ? 64 : 52);
export const phdrSize = (cls: ElfClass): number => (cls === 64 ? 56 : 32);
export const countOf = ({ headers, fillers, phnum }: ElfLayout): number => phnum ?? headers.length + fillers;

/** Where PT_INTERP's string is, behind the largest table. */
export const INTERP_OFFSET = 0x30000n;

/** The file. What no header covers is not written; what is, is bytes that are not zero. */
export function encodeLayout(layout: ElfLayout): FilePieces {
  const { cls, type, machine, entry, phoff, phentsize, fileSize, headers, fillers, magic, interpreterPath } = layout;
  const narrow = (value: bigint): bigint => BigInt.asUintN(cls, value);
  const ident = Buffer.from(encodeIdent(cls));
  ident.writeUInt32LE(magic, 0);
  // prettier-ignore
  const ehdr = encode(EHDR, cls, {
    type, machine, version: 1, entry: narrow(entry), phoff: narrow(phoff), shoff: 0n, flags: 0, ehsize: headerSize(cls),
    phentsize, phnum: countOf(layout) & 0xffff, shentsize: 0, shnum: 0, shstrndx: 0,
  });
  const phdrs = headers.map((header) => {
    const [offset, vaddr, filesz, memsz, align] = (['offset', 'vaddr', 'filesz', 'memsz', 'align'] as const).map(
      (name) => narrow(header[name]),
    ) as [bigint, bigint, bigint, bigint, bigint];
    return encode(PHDR, cls, {
      type: header.type,
      flags: header.flags,
      offset,
      vaddr,
      paddr: vaddr,
      filesz,
      memsz,
      align,
    });
  });
  const table = Buffer.concat([...phdrs, new Uint8Array(fillers * phdrSize(cls))]);
  const pieces = [
    ...contentsOf(layout),
    {
      offset: Number(INTERP_OFFSET),
      bytes: Buffer.from(interpreterPath === undefined ? '' : interpreterPath, 'latin1'),
    },
    { offset: Number(BigInt.asUintN(40, phoff)), bytes: table },
    { offset: 0, bytes: Buffer.concat([ident, ehdr]) },
  ];
  return { size: fileSize, pieces: pieces.flatMap((piece) => cut(piece, fileSize)) };
}

const PATTERN = Buffer.alloc(0x8000, 0xa5);

/** The first bytes of every segment, so that what is mapped can be told from zeros. */
const contentsOf = ({ headers }: ElfLayout): { offset: number; bytes: Uint8Array }[] =>
  headers
    .filter(({ type, filesz }) => type === 1 && filesz > 0n)
    .map(({ offset, filesz }) => ({
      offset: Number(BigInt.asUintN(40, offset)),
      bytes: PATTERN.subarray(0, Number(filesz < 0x8000n ? filesz : 0x8000n)),
    }));

/** What of a piece is inside the file. */
function cut({ offset, bytes }: { offset: number; bytes: Uint8Array }, size: number) {
  const inside = bytes.subarray(0, Math.max(0, Math.min(bytes.length, size - offset)));
  return inside.length === 0 ? [] : [{ offset, bytes: inside }];
}
