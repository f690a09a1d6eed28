import { ElfreezeError } from '../base/errors.ts';
import { hex, PAGE, pageCeil, pageFloor, type Range } from '../base/range.ts';
import { ARCHES } from '../arch/index.ts';
import { PT_LOAD } from '../elf/constants.ts';
import type { Image } from '../image/read.ts';
import { decodeProgram } from '../restorer/decode.ts';
import { PROGRAM_MAGIC } from '../restorer/steps.ts';
import { loadedBytes } from './image-memory.ts';
import { programText, type StepText } from './program-text.ts';

type Opened = Pick<Image, 'elf' | 'file' | 'description'>;

/** The restorer's machine code is a few pages long, and its program follows at the next page. */
const MAX_CODE_PAGES = 64n;
/** A process of 65,530 mappings has a program of 60 MiB. */
const MAX_PROGRAM = 256n << 20n;

/** Where the restore program is, found as the restorer itself finds it: in the first page after the code at the entry point. */
export function findProgram({ elf, file }: Pick<Opened, 'elf' | 'file'>): Range | undefined {
  const first = pageFloor(elf.entry);
  for (let at = first; at < first + MAX_CODE_PAGES * PAGE; at += PAGE) {
    const head = loadedBytes(elf, file, at, 8);
    if (!head) return undefined;
    if (new DataView(head.buffer, head.byteOffset).getBigUint64(0, true) !== PROGRAM_MAGIC) continue;
    const home = elf.phdrs.find(({ type, vaddr, filesz }) => type === PT_LOAD && vaddr <= at && at < vaddr + filesz);
    return home && { start: at, end: pageCeil(home.vaddr + home.filesz) };
  }
  return undefined;
}

/** The steps that an image takes. @throws IMAGE_INVALID */
export function readProgram(image: Opened): StepText[] {
  const { elf, file, description } = image;
  const place = findProgram(image);
  if (!place)
    throw new ElfreezeError('IMAGE_INVALID', `there is no restore program after the entry point ${hex(elf.entry)}`);
  const home = elf.phdrs.find(
    ({ type, vaddr, filesz }) => type === PT_LOAD && vaddr <= place.start && place.start < vaddr + filesz,
  )!;
  const size = home.vaddr + home.filesz - place.start;
  if (size > MAX_PROGRAM) throw new ElfreezeError('IMAGE_INVALID', `a restore program of ${size} bytes`);
  const bytes = loadedBytes(elf, file, place.start, Number(size));
  if (!bytes) throw new ElfreezeError('IMAGE_TRUNCATED', 'the restore program is cut short');
  const { steps, slots } = decodeProgram(bytes);
  const read = (address: bigint, length: number): Uint8Array | undefined => loadedBytes(elf, file, address, length);
  return programText(steps, { arch: ARCHES[description.snapshot.arch], slots, read });
}
