import { invariant } from '../../base/errors.ts';
import { PAGE, pageCeil } from '../../base/range.ts';
import { sumOf } from '../../base/sum.ts';
import { ET_EXEC, PF_R, PF_W, PF_X, PT_GNU_STACK, PT_LOAD, PT_NOTE } from '../../elf/constants.ts';
import {
  EHDR,
  ELFOSABI_GNU,
  ELFOSABI_NONE,
  encode,
  encodeIdent,
  NHDR,
  type Phdr,
  PHDR,
  recordSize,
  SHDR,
} from '../../elf/layout.ts';
import type { Description } from '../../snapshot/description.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../snapshot/memory.ts';
import { encodeSums, HEADERS_ROOM, type SumRow, sumBytes, sumRows, sumsSize } from '../../restorer/sums.ts';
import { type Content, isSumsSegment, type Segment } from '../job/segment.ts';
import type { Plan } from '../job/plan.ts';
import type { Piece } from './piece.ts';
import { keepHeaders, type OriginalProgram, type PlacedSegment } from './original-program.ts';
import { buildSections } from './sections.ts';
import { isGnuSymbol } from './symbol-table.ts';

export interface FileLayout {
  readonly pieces: readonly Piece[];
  readonly size: bigint;
}

/** Where the image keeps memory of the process, and what was in its nameless files. */
export type Stored = Pick<Description, 'stored' | 'storedFiles'>;

export const NOTE_NAME = 'elfreeze';
/**
 * Type of the note whose descriptor is the image's description, JSON: `elfr`. Small numbers mean something to readelf,
 * whoever owns them.
 */
export const NT_ELFREEZE_DESCRIPTION = 0x72666c65;

const segmentFlags = (prot: number): number =>
  (prot & PROT_READ ? PF_R : 0) | (prot & PROT_WRITE ? PF_W : 0) | (prot & PROT_EXEC ? PF_X : 0);

/**
 * Lays a plan out as an ELF executable: headers, segments in address order, the note, then sections and symbols of the
 * original program for tools.
 * @param describe the image's description, given where the file keeps the memory
 */
export function layOutImage(
  plan: Plan,
  describe: (stored: Stored) => Uint8Array,
  original: OriginalProgram | undefined,
): FileLayout {
  const { arch, segments } = plan;
  const cls = arch.elfClass;
  // Note, stack, and what keepHeaders keeps at most.
  const count = segments.length + 4;
  invariant(count <= arch.maxHeaders, `${count} program headers`);
  const ehsize = 16 + recordSize(EHDR, cls);
  const phentsize = recordSize(PHDR, cls);

  invariant(BigInt(ehsize + count * phentsize) <= HEADERS_ROOM, 'the headers fit their room');
  // The first segment in the file begins with the headers.
  let offset = 0n;
  const offsets = new Map<Segment, bigint>();
  for (const segment of [...segments].sort((a, b) => a.rank - b.rank)) {
    offsets.set(segment, offset);
    offset += segment.size;
  }
  const placed = segments.map((segment) => ({ segment, offset: offsets.get(segment) ?? 0n }));
  const note = encodeNote(cls, describe(storedIn(placed)));
  const noteOffset = offset;
  const sections = buildSections({
    arch,
    original,
    placed,
    note: { offset: noteOffset, size: BigInt(note.length) },
    from: pageCeil(noteOffset + BigInt(note.length)),
  });

  const phdrs: Phdr[] = [
    phdr({ type: PT_NOTE, flags: PF_R, offset: noteOffset, filesz: BigInt(note.length), align: 4n }),
    ...placed.map(({ segment, offset: at }) => loadHeader(segment, at)),
    ...(original ? keepHeaders(original, placed) : []),
    phdr({ type: PT_GNU_STACK, flags: PF_R | PF_W, align: 16n }),
  ];
  const header = encode(EHDR, cls, {
    type: ET_EXEC, machine: arch.machine, version: 1, entry: plan.entry, phoff: BigInt(ehsize), shoff: sections.headersAt,
    flags: 0, ehsize, phentsize, phnum: phdrs.length, shentsize: recordSize(SHDR, cls), shnum: sections.count, shstrndx: sections.namesIndex,
  }); // prettier-ignore
  const osabi = original?.symbols.some(isGnuSymbol) ? ELFOSABI_GNU : ELFOSABI_NONE;
  const head = Buffer.concat([encodeIdent(cls, osabi), header, ...phdrs.map((record) => encode(PHDR, cls, record))]);
  return {
    pieces: [
      { offset: 0n, kind: 'bytes', bytes: head },
      ...placed.filter(({ segment }) => isSumsSegment(segment)).map((table) => sumsPiece(table, placed, head, note)),
      ...placed.flatMap(({ segment, offset: base }) => segment.contents.map((content) => pieceOf(content, base))),
      { offset: noteOffset, kind: 'bytes', bytes: note },
      ...sections.pieces,
    ],
    size: sections.end,
  };
}

/** All that is loaded has checksums: those of the process's memory are known once it is written. */
function sumsPiece(
  { segment, offset }: PlacedSegment,
  placed: readonly PlacedSegment[],
  head: Uint8Array,
  note: Uint8Array,
): Piece {
  const room = new Uint8Array(Number(HEADERS_ROOM));
  room.set(head);
  const own = [...sumBytes(segment.vaddr, room)];
  const later: { readonly row: SumRow; readonly offset: bigint }[] = [];
  for (const { segment: each, offset: base } of placed) {
    for (const content of each.contents) {
      const address = each.vaddr + content.at;
      // Some begin inside a page, which begins with zeros then.
      const lead = content.at % PAGE;
      if (content.kind === 'bytes')
        own.push(...sumBytes(address - lead, Buffer.concat([new Uint8Array(Number(lead)), content.bytes])));
      else
        later.push(...sumRows(address, content.size).map((row) => ({ row, offset: base + row.address - each.vaddr })));
    }
  }
  invariant(sumsSize(own.length + later.length) + HEADERS_ROOM <= segment.size, 'the checksums fit their room');
  const table = (sumAt: (offset: bigint) => number): Uint8Array =>
    encodeSums({ own, memory: later.map(({ row, offset: at }) => ({ ...row, sum: sumAt(at) })), note: sumOf(note) });
  return { offset: offset + HEADERS_ROOM, kind: 'sums', encode: table };
}

function storedIn(placed: readonly PlacedSegment[]): Stored {
  const contents = placed.flatMap(({ segment, offset }) => segment.contents.map((each) => pieceOf(each, offset)));
  return {
    stored: contents.flatMap((each) =>
      each.kind === 'memory' ? [{ address: each.address, size: each.size, offset: each.offset }] : [],
    ),
    storedFiles: contents.flatMap((each) =>
      each.kind === 'file' ? [{ file: each.file, start: each.start, size: each.size, offset: each.offset }] : [],
    ),
  };
}

function pieceOf({ at, ...content }: Content, base: bigint): Piece {
  return { offset: base + at, ...content };
}

const phdr = (fields: Partial<Phdr>): Phdr => ({
  type: 0,
  flags: 0,
  offset: 0n,
  vaddr: 0n,
  paddr: 0n,
  filesz: 0n,
  memsz: 0n,
  align: 1n,
  ...fields,
});

const loadHeader = ({ vaddr, size, prot }: Segment, offset: bigint): Phdr =>
  phdr({
    type: PT_LOAD,
    flags: segmentFlags(prot),
    offset,
    vaddr,
    paddr: vaddr,
    filesz: size,
    memsz: size,
    align: PAGE,
  });

/** One note: header, name and descriptor, each padded to four bytes. @source elf(5) "Notes" */
function encodeNote(cls: 32 | 64, desc: Uint8Array): Uint8Array {
  const pad = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const name = Buffer.from(`${NOTE_NAME}\0`);
  const head = encode(NHDR, cls, { namesz: name.length, descsz: desc.length, type: NT_ELFREEZE_DESCRIPTION });
  return Buffer.concat([head, pad(name), pad(desc)]);
}
