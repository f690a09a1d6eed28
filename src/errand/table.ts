/** One row of the table that errand.c works through. */
export interface ErrandCall {
  /** A system call's number, `WRITE_SPARSELY` or `SEARCH`. */
  readonly nr: number;
  readonly args: readonly bigint[];
}

/**
 * (fd, address, size, offset, its upper half on i386, sums): memory to a file, pages of zeros left out, and the checksum of each SUM_UNIT, in
 * 32 bits, to `sums`. The result is 0 when all is written.
 */
export const WRITE_SPARSELY = -2;
/**
 * (address, size, mask, least, span, found): 32-bit words that are, masked, from `least` to `least` + `span`. Whole pages that can be read.
 * Their addresses are written to `found`, and the result is their number; −1 when there are more than `MAX_FOUND`.
 */
export const SEARCH = -3;
export const MAX_FOUND = 1024;
const END = -1;
const WORDS = 7;

export const tableSize = (calls: number, wordSize: 4 | 8): number => (calls + 1) * WORDS * wordSize;

/** The calls in order, and the row that ends them. */
export function encodeTable(calls: readonly ErrandCall[], wordSize: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(tableSize(calls.length, wordSize));
  const view = new DataView(bytes.buffer);
  [...calls, { nr: END, args: [] }].forEach(({ nr, args }, row) => {
    [BigInt(nr), ...args].forEach((value, column) => {
      const at = (row * WORDS + column) * wordSize;
      if (wordSize === 8) view.setBigUint64(at, BigInt.asUintN(64, value), true);
      else view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    });
  });
  return bytes;
}

/** What the calls returned, negative for −errno. @param bytes the table after the errand */
export function decodeResults(bytes: Uint8Array, calls: number, wordSize: 4 | 8): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: calls }, (_, row) => {
    const at = row * WORDS * wordSize;
    return wordSize === 8 ? view.getBigInt64(at, true) : BigInt(view.getInt32(at, true));
  });
}
