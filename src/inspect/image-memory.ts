import type { Image } from '../image/read.ts';
import { PT_LOAD } from '../elf/constants.ts';
import type { ElfFile, RandomAccess } from '../elf/read.ts';

/** Recorded bytes at `address`, as far as the image keeps them in one piece; none where it keeps nothing. */
export function recordedBytes(
  { description, file }: Pick<Image, 'description' | 'file'>,
  address: bigint,
  length: number,
): Uint8Array {
  const home = description.stored.find((each) => each.address <= address && address < each.address + each.size);
  if (!home) return new Uint8Array();
  const left = home.address + home.size - address;
  return file.read(home.offset + address - home.address, left < BigInt(length) ? Number(left) : length);
}

/** Bytes at `address` in the image as the kernel loads it; undefined where a byte of them is not loaded. */
export function loadedBytes(elf: ElfFile, file: RandomAccess, address: bigint, length: number): Uint8Array | undefined {
  const end = address + BigInt(length);
  const home = elf.phdrs.find(
    ({ type, vaddr, filesz }) => type === PT_LOAD && vaddr <= address && end <= vaddr + filesz,
  );
  const bytes = home && file.read(home.offset + address - home.vaddr, length);
  return bytes?.length === length ? bytes : undefined;
}
