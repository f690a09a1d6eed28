import { ElfreezeError } from '../base/errors.ts';
import { formatRange } from '../base/range.ts';
import { sumOf } from '../base/sum.ts';
import { PT_LOAD } from '../elf/constants.ts';
import type { ElfFile, RandomAccess } from '../elf/read.ts';
import { decodeSums, HEADERS_ROOM, type Summed, type Sums } from '../restorer/sums.ts';

/** More than the table of an image of 256 GiB. */
const MOST = 1n << 24n;

/** @returns undefined for an image of before there were any @throws IMAGE_INVALID when the table is damaged */
export function readSums(file: RandomAccess, { phdrs }: ElfFile): Sums | undefined {
  const first = phdrs.find(({ type, offset }) => type === PT_LOAD && offset === 0n);
  if (!first || first.filesz <= HEADERS_ROOM) return undefined;
  const size = first.filesz - HEADERS_ROOM;
  const sums = size <= MOST ? decodeSums(file.read(HEADERS_ROOM, Number(size))) : undefined;
  if (!sums) throw new ElfreezeError('IMAGE_INVALID', 'its table of checksums is damaged');
  return sums;
}

/**
 * Compares all that an image loads with its checksums.
 * @returns bytes that were compared @throws IMAGE_INVALID with the first stretch that is not as it was written, and how many there are
 */
export function verifySums(file: RandomAccess, elf: ElfFile): bigint {
  const sums = readSums(file, elf);
  if (!sums) throw new ElfreezeError('IMAGE_INVALID', 'it has no checksums: it was written by an older elfreeze');
  const rows = [...sums.own, ...sums.memory];
  const damaged = rows.filter((row) => !isWhole(row, file, elf));
  const [first] = damaged;
  if (first) {
    const more = damaged.length > 1 ? `, and ${damaged.length - 1} more stretches` : '';
    const range = { start: first.address, end: first.address + BigInt(first.size) };
    throw new ElfreezeError('IMAGE_INVALID', `what is loaded at ${formatRange(range)} is damaged${more}`);
  }
  return rows.reduce((total, { size }) => total + BigInt(size), 0n);
}

function isWhole({ address, size, sum }: Summed, file: RandomAccess, { phdrs }: ElfFile): boolean {
  const home = phdrs.find(
    ({ type, vaddr, filesz }) => type === PT_LOAD && vaddr <= address && address + BigInt(size) <= vaddr + filesz,
  );
  return home !== undefined && sumOf(file.read(home.offset + address - home.vaddr, size)) === sum;
}
