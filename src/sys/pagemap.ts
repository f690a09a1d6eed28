import { joinRanges, PAGE, type Range } from '../base/range.ts';
import { populatedPages } from '../proc/pagemap.ts';
import { readPagemap } from './procfs.ts';

/** Pages read at once from pagemap: 1 MiB of entries. */
const PAGEMAP_CHUNK = 131_072n * PAGE;

/** Pages that are in the page table of a process, or swapped out of it. */
export function touched(entry: Range, pid: number, only?: 'private'): Range[] {
  const ranges: Range[] = [];
  for (let start = entry.start; start < entry.end; start += PAGEMAP_CHUNK) {
    const end = start + PAGEMAP_CHUNK < entry.end ? start + PAGEMAP_CHUNK : entry.end;
    const entries = readPagemap(pid, start, end);
    for (const range of populatedPages(entries, start, only)) ranges.push(range);
  }
  return joinRanges(ranges);
}
