import { ElfreezeError } from '../base/errors.ts';
import { formatRange, hex, type Range } from '../base/range.ts';
import type { Description } from '../snapshot/description.ts';

/** What the schema cannot say: that a description fits together, and its file. @throws IMAGE_INVALID IMAGE_TRUNCATED */
export function checkDescription(
  { snapshot, stored, storedFiles, differences, remains }: Description,
  fileSize: bigint,
): void {
  ascending('mappings', snapshot.mappings);
  for (const mapping of snapshot.mappings) {
    ascending(`extents of ${formatRange(mapping)}`, mapping.extents);
    for (const extent of mapping.extents) {
      if (extent.start < mapping.start || extent.end > mapping.end)
        invalid(`extent ${formatRange(extent)} is outside its mapping`);
    }
  }
  for (const range of [...differences, remains])
    if (range.start >= range.end) invalid(`${formatRange(range)} is no range`);
  const memory = stored.map(({ address, size }) => ({ start: address, end: address + size }));
  ascending(
    'stored memory',
    memory.sort((a, b) => (a.start < b.start ? -1 : 1)),
  );
  for (const { file, start, size } of storedFiles)
    if (start + size > (snapshot.nameless[file]?.size ?? 0n)) invalid(`file ${file} has no ${hex(start + size)} bytes`);
  for (const { offset, size } of [...stored, ...storedFiles]) {
    if (offset + size > fileSize)
      throw new ElfreezeError('IMAGE_TRUNCATED', `memory ends at ${hex(offset + size)}, the file at ${hex(fileSize)}`);
  }
  if (snapshot.threads.length === 0) invalid('a process without threads');
}

function ascending(what: string, ranges: readonly Range[]): void {
  let last = 0n;
  for (const range of ranges) {
    if (range.start < last || range.end <= range.start) invalid(`${what}: ${formatRange(range)} is out of order`);
    last = range.end;
  }
}

function invalid(what: string): never {
  throw new ElfreezeError('IMAGE_INVALID', `its description contradicts itself: ${what}`);
}
