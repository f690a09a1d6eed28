import { contains, formatRange, overlaps, type Range } from '../base/range.ts';
import { nameOf, PF_R, PF_W, PF_X, PT, PT_GNU_STACK, PT_LOAD, PT_NOTE } from '../elf/constants.ts';
import type { Phdr } from '../elf/layout.ts';
import type { Image } from '../image/read.ts';
import { findProgram } from './image-program.ts';
import type { ReportedHeader } from './shape.ts';

type Opened = Pick<Image, 'elf' | 'file' | 'description'>;

/** Memory of the process in the image, by the address it had. */
export interface StoredPart extends Range {
  /** The program header that loads it there; undefined where another one loads it elsewhere: in the pack. */
  readonly header: number | undefined;
}

/** Ascending by address. */
export function storedParts({ elf, description }: Opened): StoredPart[] {
  return description.stored
    .map(({ address, size, offset }) => {
      const index = elf.phdrs.findIndex((phdr) => phdr.type === PT_LOAD && holds(phdr, offset));
      const phdr = elf.phdrs[index];
      const inPlace = phdr && phdr.vaddr + (offset - phdr.offset) === address;
      return { start: address, end: address + size, header: inPlace ? index : undefined };
    })
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

const holds = (phdr: Phdr, offset: bigint): boolean => phdr.offset <= offset && offset < phdr.offset + phdr.filesz;

/** The image's own program headers, each with what it is for. */
export function reportHeaders(image: Opened): ReportedHeader[] {
  const program = findProgram(image);
  const inPlace = new Map<number, Range>();
  for (const { header, ...range } of storedParts(image))
    if (header !== undefined && !inPlace.has(header)) inPlace.set(header, range);
  return image.elf.phdrs.map((phdr, index) => ({
    index,
    type: nameOf(PT, phdr.type),
    perms: (phdr.flags & PF_R ? 'r' : '-') + (phdr.flags & PF_W ? 'w' : '-') + (phdr.flags & PF_X ? 'x' : '-'),
    start: phdr.vaddr,
    end: phdr.vaddr + phdr.memsz,
    offset: phdr.offset,
    fileSize: phdr.filesz,
    role: roleOf(image, phdr, inPlace.get(index), program),
  }));
}

function roleOf(
  { elf, description }: Opened,
  phdr: Phdr,
  memory: Range | undefined,
  program: Range | undefined,
): string {
  if (phdr.type === PT_NOTE) return 'the description of the process';
  if (phdr.type === PT_GNU_STACK) return 'a stack that is not executable';
  if (phdr.type !== PT_LOAD) return 'unknown';
  const range = { start: phdr.vaddr, end: phdr.vaddr + phdr.memsz };
  if (memory) return memoryOf(description.snapshot.mappings.find((mapping) => overlaps(mapping, memory)));
  if (description.stored.some(({ offset }) => holds(phdr, offset)))
    return 'the pack: memory that is moved to its place';
  if (overlaps(range, description.remains)) {
    return phdr.flags & PF_X
      ? 'remains: the last instructions'
      : "remains: the signal frame, room for the running kernel's vdso";
  }
  const roles = [
    ...(contains(range, elf.entry) ? ["the restorer's code"] : []),
    ...(program && contains(range, program.start) ? ['the restore program'] : []),
  ];
  if (roles.length > 0) return roles.join(', ');
  if (phdr.offset === 0n) return 'the headers themselves, and the checksums';
  return phdr.flags & PF_W ? "the restorer's stack and data" : 'the seal: the end of what is loaded';
}

const memoryOf = (mapping: (Range & { readonly path: string }) | undefined): string =>
  mapping ? `memory of ${formatRange(mapping)}${mapping.path ? ` ${mapping.path}` : ''}` : 'memory of the process';
