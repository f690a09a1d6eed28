import { hex, PAGE, pageCeil, pageFloor } from '../base/range.ts';
import { PF_R, PF_W, PF_X, PT_LOAD } from '../elf/constants.ts';
import type { Phdr } from '../elf/layout.ts';
import { type Exec, type LoadedFile, PROT_EXEC, PROT_READ, PROT_WRITE, Refusal } from './exec.ts';
import type { RawHeaders } from './headers.ts';

/** A PT_LOAD and its number in the table. */
export type Segment = Phdr & { readonly index: number };
export type How = 'anywhere' | 'replace' | 'keep';
export type Files = Readonly<Record<LoadedFile['role'], LoadedFile | undefined>>;

export const loadsOf = ({ phdrs }: RawHeaders): Segment[] =>
  phdrs.flatMap((phdr, index) => (phdr.type === PT_LOAD ? [{ ...phdr, index }] : []));

const pageOffset = (address: bigint): bigint => address & (PAGE - 1n);

/** @source fs/binfmt_elf.c make_prot */
export function protOf({ flags }: Phdr, exec: Exec): number {
  if (!exec.rules['segment-permissions-as-flagged']) return PROT_READ | PROT_WRITE | PROT_EXEC;
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

/**
 * The file's part of a segment.
 * @param span bytes from the first to the last address of the whole file; mapped at once with its first segment, so that
 * the others have room. 0: not this time
 * @returns where its first page is
 * @source fs/binfmt_elf.c elf_map
 */
export function mapSegment(
  exec: Exec,
  file: LoadedFile,
  segment: Segment,
  address: bigint,
  how: How,
  span: bigint,
): bigint {
  const within = pageOffset(segment.vaddr);
  const start = exec.wrap(pageFloor(address));
  const size = exec.wrap(pageCeil(segment.filesz + within));
  if (size === 0n) return start;
  const whole = span === 0n ? size : pageCeil(span);
  const at = exec.mapFile(file, segment.index, start, whole, protOf(segment, exec), how, segment.offset - within);
  if (span !== 0n && whole > size) exec.space.unmap({ start: at + size, end: at + whole });
  return at;
}

/** Clears from `address` to the end of its page. @returns whether that could be done. @source fs/binfmt_elf.c padzero */
export const canClearTail = (exec: Exec, address: bigint, files: Files): boolean =>
  pageOffset(address) === 0n || exec.canWrite(address, files);

/** A segment with its zeros. @source fs/binfmt_elf.c elf_load */
export function loadSegment(
  exec: Exec,
  files: Files,
  file: LoadedFile,
  segment: Segment,
  address: bigint,
  how: How,
  span: bigint,
): bigint {
  const { vaddr, filesz, memsz, index } = segment;
  const prot = protOf(segment, exec);
  let at = exec.wrap(pageFloor(address));
  let zeros = at;
  if (filesz !== 0n) {
    at = mapSegment(exec, file, segment, address, how, span);
    if (exec.isBad(at)) return at;
    zeros = at + pageOffset(vaddr) + filesz;
    const fatal = exec.rules['unclearable-tail-kills'] && (prot & PROT_WRITE) !== 0;
    if (memsz > filesz && !canClearTail(exec, exec.wrap(zeros), files) && fatal)
      throw new Refusal(
        'EFAULT',
        `the rest of the page at ${hex(pageFloor(zeros))} cannot be cleared: the file ends before it`,
      );
  }
  if (memsz > filesz) {
    const from = exec.wrap(pageCeil(zeros));
    const to = exec.wrap(pageCeil(at + pageOffset(vaddr) + memsz));
    exec.mapZeros(file.role, index, from, exec.wrap(to - from), prot);
  }
  return at;
}

/** @source fs/binfmt_elf.c total_mapping_size */
export function spanOf(loads: readonly Segment[], cls: 32 | 64, exec: Exec): bigint {
  if (loads.length === 0) return 0n;
  const narrow = (value: bigint): bigint => BigInt.asUintN(cls, value);
  const end = ({ vaddr, memsz }: Segment): bigint => narrow(vaddr + memsz);
  if (!exec.rules['span-is-min-to-max']) return exec.wrap(end(loads.at(-1)!) - pageFloor(loads[0]!.vaddr));
  let [lowest, highest] = [narrow(-1n), 0n];
  for (const load of loads) {
    if (pageFloor(load.vaddr) < lowest) lowest = pageFloor(load.vaddr);
    if (end(load) > highest) highest = end(load);
  }
  return narrow(highest - lowest);
}

/** @throws Refusal when the segment's addresses are beyond user space. @source fs/binfmt_elf.c "Check to see if the section's size will overflow" */
export function checkSize(exec: Exec, { index, filesz, memsz }: Segment, address: bigint): void {
  const { taskSize } = exec.zones;
  if (!exec.rules['sizes-checked']) return;
  if (filesz > memsz) throw new Refusal('EINVAL', `header ${index}: p_filesz is larger than p_memsz`);
  if (exec.isBad(address) || memsz > taskSize || taskSize - memsz < exec.wrap(address))
    throw new Refusal('EINVAL', `header ${index}: it ends beyond user space`);
}
