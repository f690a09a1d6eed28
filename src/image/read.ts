import { ElfreezeError } from '../base/errors.ts';
import { hex } from '../base/range.ts';
import { sumOf } from '../base/sum.ts';
import { ARCHES } from '../arch/index.ts';
import { PT_NOTE, SHT_NOBITS } from '../elf/constants.ts';
import { decode, decodeIdent, EHDR, IDENT_SIZE, NHDR, recordSize } from '../elf/layout.ts';
import { type ElfFile, type RandomAccess, readElf } from '../elf/read.ts';
import { NOTE_NAME, NT_ELFREEZE_DESCRIPTION } from '../plan/image/file-layout.ts';
import type { Description } from '../snapshot/description.ts';
import { parseDescription } from '../snapshot/schema/schema.ts';
import type { MemorySource } from '../snapshot/memory.ts';
import { ImageFile } from './file.ts';
import { imageFiles, imageMemory } from './memory.ts';
import { readSums, verifySums } from './sums.ts';
import { checkDescription } from './validate.ts';

/** An image, open for reading. */
export interface Image extends Disposable {
  readonly path: string;
  readonly elf: ElfFile;
  readonly file: RandomAccess;
  readonly description: Description;
  /** The recorded memory by address. */
  readonly memory: MemorySource;
  /** What was in each of the snapshot's nameless files, by offset. */
  readonly files: readonly MemorySource[];
}

/** Longest description that is read: that of 30,000 mappings takes a tenth of it. */
const MAX_DESCRIPTION = 128n << 20n;

/**
 * Opens an image. Nothing in the file is trusted: whatever its bytes, this ends in an image or in an ElfreezeError.
 * @throws NO_SUCH_FILE NOT_PERMITTED READ_FAILED IMAGE_TRUNCATED IMAGE_INVALID IMAGE_SCHEMA
 */
export function openImage(path: string): Image {
  const file = new ImageFile(path);
  try {
    const { elf, description } = readImageFile(path, file);
    const [memory, files] = [imageMemory(file, description), imageFiles(file, description)];
    return { path, elf, file, description, memory, files, [Symbol.dispose]: () => file[Symbol.dispose]() };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** The headers and the description in the bytes of an image; `path` is for complaints. */
export function readImageFile(path: string, file: RandomAccess): { elf: ElfFile; description: Description } {
  try {
    checkHeadersWithin(file);
    const elf = readElf(file);
    checkContentsWithin(elf, file.size);
    const sums = readSums(file, elf);
    const { note, text } = findDescription(file, elf);
    if (sums && sumOf(note) !== sums.note) throw new ElfreezeError('IMAGE_INVALID', 'its description is damaged');
    const description = parseDescription(text);
    checkDescription(description, file.size);
    if (ARCHES[description.snapshot.arch].machine !== elf.machine) {
      throw new ElfreezeError(
        'IMAGE_INVALID',
        `it is for machine ${elf.machine}, but describes an ${description.snapshot.arch} process`,
      );
    }
    return { elf, description };
  } catch (error) {
    if (!(error instanceof ElfreezeError)) throw error;
    const code = error.code.startsWith('IMAGE_') ? error.code : 'IMAGE_INVALID';
    throw new ElfreezeError(code, `${path}: ${error.what}`, { cause: error });
  }
}

/** @returns bytes that are as they were written @throws IMAGE_INVALID */
export function verifyImage({ path, file, elf }: Pick<Image, 'path' | 'file' | 'elf'>): bigint {
  try {
    return verifySums(file, elf);
  } catch (error) {
    if (!(error instanceof ElfreezeError)) throw error;
    throw new ElfreezeError(error.code, `${path}: ${error.what}`, { cause: error });
  }
}

const truncated = (what: string, end: bigint, size: bigint): ElfreezeError =>
  new ElfreezeError('IMAGE_TRUNCATED', `${what} ends at ${hex(end)}, the file at ${hex(size)}`);

/** A file that is cut short lacks its section headers, which are last: told apart from one that is damaged. */
function checkHeadersWithin(file: RandomAccess): void {
  const cls = decodeIdent(file.read(0n, IDENT_SIZE));
  const size = IDENT_SIZE + recordSize(EHDR, cls);
  if (file.size < BigInt(size)) throw truncated('the ELF header', BigInt(size), file.size);
  const { phoff, phnum, phentsize, shoff, shnum, shentsize } = decode(EHDR, cls, file.read(0n, size), IDENT_SIZE);
  const tables = {
    'the program header table': phoff + BigInt(phnum * phentsize),
    'the section header table': shoff + BigInt(shnum * shentsize),
  };
  for (const [what, end] of Object.entries(tables)) if (end > file.size) throw truncated(what, end, file.size);
}

function checkContentsWithin(elf: ElfFile, size: bigint): void {
  elf.phdrs.forEach(({ offset, filesz }, i) => {
    if (filesz > 0n && offset + filesz > size) throw truncated(`segment ${i}`, offset + filesz, size);
  });
  for (const { name, type, offset, size: length } of elf.sections) {
    if (type !== SHT_NOBITS && length > 0n && offset + length > size)
      throw truncated(`section ${name}`, offset + length, size);
  }
}

/**
 * The descriptor of our note: a PT_NOTE of its own, which holds nothing else. (readNotes would make an object of every
 * twelve zero bytes that a damaged header leads to.)
 */
function findDescription(file: RandomAccess, elf: ElfFile): { note: Uint8Array; text: Uint8Array } {
  const name = Buffer.from(`${NOTE_NAME}\0`);
  const headSize = recordSize(NHDR, elf.cls);
  const descAt = headSize + ((name.length + 3) & ~3);
  for (const { type, offset, filesz } of elf.phdrs) {
    if (type !== PT_NOTE || filesz < BigInt(descAt) || filesz > MAX_DESCRIPTION) continue;
    const head = Buffer.from(file.read(offset, descAt));
    const note = decode(NHDR, elf.cls, head, 0);
    const ours =
      note.namesz === name.length &&
      note.type === NT_ELFREEZE_DESCRIPTION &&
      head.subarray(headSize, headSize + name.length).equals(name);
    if (!ours) continue;
    if (BigInt(descAt + note.descsz) > filesz) throw new ElfreezeError('IMAGE_INVALID', 'its description is cut short');
    const text = readText(file, offset + BigInt(descAt), note.descsz);
    const rest = file.read(offset + BigInt(descAt + note.descsz), -note.descsz & 3);
    return { note: Buffer.concat([head, text, rest]), text };
  }
  throw new ElfreezeError('IMAGE_INVALID', 'it holds no description of a process');
}

const CHUNK = 1 << 20;

/** Text has no zeros, and the holes of a sparse file nothing else: what is claimed costs no more than what is there. */
function readText(file: RandomAccess, offset: bigint, length: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < length; at += CHUNK) {
    const chunk = file.read(offset + BigInt(at), Math.min(CHUNK, length - at));
    if (chunk.includes(0)) throw new ElfreezeError('IMAGE_INVALID', 'its description is no text');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
