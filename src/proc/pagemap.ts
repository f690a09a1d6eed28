import { ElfreezeError } from '../base/errors.ts';
import { PAGE } from '../base/range.ts';
import type { Range } from '../base/range.ts';

/** Bits of an entry's upper word, so bit 63 is 31 here. @source proc_pid_pagemap(5); Documentation/admin-guide/mm/pagemap.rst */
const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
/** A page of a file, or of shared memory. */
const OF_FILE = 1 << 29;
const ENTRY = 8;
const PAGE_SIZE = Number(PAGE);

/**
 * Pages that were ever touched: in memory or swapped out. A guard page (MADV_GUARD_INSTALL) counts as swapped out.
 * @param entries of /proc/PID/pagemap, 8 bytes per page
 * @param start address of the first
 * @param only `private`: not those that still are a file's
 * @returns ascending, adjacent pages joined
 * @throws PROC_UNPARSABLE when an entry is cut short
 */
export function populatedPages(entries: Uint8Array, start: bigint, only?: 'private'): Range[] {
  if (entries.length % ENTRY !== 0) {
    throw new ElfreezeError(
      'PROC_UNPARSABLE',
      `/proc/PID/pagemap ends in the middle of an entry, after ${entries.length} bytes`,
    );
  }
  const aligned = entries.byteOffset % 4 === 0 ? entries : entries.slice();
  // Little-endian, as all hosts of ours are.
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const count = words.length / 2;
  const address = (page: number): bigint => start + BigInt(page * PAGE_SIZE);
  const looked = PRESENT | SWAPPED | (only === 'private' ? OF_FILE : 0);
  const ranges: Range[] = [];
  let first = -1;
  for (let page = 0; page < count; page++) {
    const bits = words[2 * page + 1]! & looked;
    const wanted = bits !== 0 && !(bits & OF_FILE);
    if (wanted && first < 0) first = page;
    if (!wanted && first >= 0) {
      ranges.push({ start: address(first), end: address(page) });
      first = -1;
    }
  }
  if (first >= 0) ranges.push({ start: address(first), end: address(count) });
  return ranges;
}
