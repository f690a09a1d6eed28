import { SUM_UNIT, sumOf } from '../base/sum.ts';
import { pageCeil } from '../base/range.ts';

/**
 * The table of checksums in an image, behind its headers in its first segment. The restorer verifies the table and what is its own before the first
 * step, and in a rehearsal the memory too.
 *
 * Header: u64 magic, u32 sum of all that follows these 16 bytes, u32 0; u32 own rows, u32 rows in all, u32 sum of the note, u32 0.
 * Row: u64 address, u32 size, u32 sum.
 */
export const SUMS_MAGIC = 0x314d5553_5a45464cn; // "LFEZSUM1", little-endian
const HEADER_SIZE = 32;
const ROW_SIZE = 16;
const UNSUMMED = 16;

/** So much of the first segment is for the ELF header and the program headers. */
export const HEADERS_ROOM = 8192n;

/** Whole pages of what is loaded, at most SUM_UNIT bytes. */
export interface SumRow {
  readonly address: bigint;
  readonly size: number;
}
export interface Summed extends SumRow {
  readonly sum: number;
}

export interface Sums {
  /** Headers, code, program, data: verified at each start. */
  readonly own: readonly Summed[];
  readonly memory: readonly Summed[];
  /** Of the note with the description. */
  readonly note: number;
}

export const sumsSize = (rows: number): bigint => pageCeil(BigInt(HEADER_SIZE + rows * ROW_SIZE));

/** A stretch, cut into what has a checksum of its own. @param size of which the last page may be incomplete */
export function sumRows(address: bigint, size: bigint): SumRow[] {
  const rows: SumRow[] = [];
  for (let at = 0n; at < size; at += BigInt(SUM_UNIT)) {
    const left = Number(pageCeil(size - at));
    rows.push({ address: address + at, size: Math.min(left, SUM_UNIT) });
  }
  return rows;
}

/** @param at where `bytes` begin: a page's address */
export const sumBytes = (at: bigint, bytes: Uint8Array): Summed[] =>
  sumRows(at, BigInt(bytes.length)).map((row, index) => ({
    ...row,
    sum: sumOf(bytes.subarray(index * SUM_UNIT, (index + 1) * SUM_UNIT)),
  }));

export function encodeSums({ own, memory, note }: Sums): Uint8Array {
  const rows = [...own, ...memory];
  const bytes = new Uint8Array(HEADER_SIZE + rows.length * ROW_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, SUMS_MAGIC, true);
  view.setUint32(16, own.length, true);
  view.setUint32(20, rows.length, true);
  view.setUint32(24, note, true);
  rows.forEach(({ address, size, sum }, index) => {
    const at = HEADER_SIZE + index * ROW_SIZE;
    view.setBigUint64(at, address, true);
    view.setUint32(at + 8, size, true);
    view.setUint32(at + 12, sum, true);
  });
  view.setUint32(8, sumOfTable(bytes), true);
  return bytes;
}

const sumOfTable = (bytes: Uint8Array): number => sumOf(bytes.subarray(UNSUMMED), bytes.length - UNSUMMED);

/** @param bytes from the table on @returns undefined when it is damaged, or none */
export function decodeSums(bytes: Uint8Array): Sums | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [own, count, note] = [16, 20, 24].map((at) => view.getUint32(at, true)) as [number, number, number];
  const end = HEADER_SIZE + count * ROW_SIZE;
  if (view.getBigUint64(0, true) !== SUMS_MAGIC || own > count || end > bytes.length) return undefined;
  if (view.getUint32(8, true) !== sumOfTable(bytes.subarray(0, end))) return undefined;
  const rows = Array.from({ length: count }, (_, index): Summed => {
    const at = HEADER_SIZE + index * ROW_SIZE;
    return {
      address: view.getBigUint64(at, true),
      size: view.getUint32(at + 8, true),
      sum: view.getUint32(at + 12, true),
    };
  });
  return { own: rows.slice(0, own), memory: rows.slice(own), note };
}
