import { contains, formatRange, hex, intersect, PAGE, type Range, subtract } from '../../src/base/range.ts';
import type { Extent, Look, MapsLine } from './look.ts';
import { isKernels } from './memory.ts';
import type { Difference } from './verdict.ts';

const PAGE_BYTES = Number(PAGE);
/** More differences than this are only counted. */
const TOLD = 10;
const ZEROS = Buffer.alloc(1 << 20);

/** Byte for byte, everywhere where memory was mapped before. @param excused ranges that may differ */
export function compareBytes(before: Look, after: Look, excused: readonly Range[]): Difference[] {
  const differences: Difference[] = [];
  let count = 0;
  const tell = (difference: Difference) => {
    if (count++ < TOLD) differences.push(difference);
  };
  const carried = before.maps.filter((line) => !isKernels(line));
  for (const extent of before.memory) compareExtent(extent, after.memory, excused, carried, tell);
  // What exists only now must be what the program would have read before: zeros.
  const known = before.memory.map(rangeOf);
  for (const extent of after.memory) {
    for (const line of carried) {
      const shared = intersect(rangeOf(extent), line);
      if (!shared || !extent.bytes) continue;
      for (const part of subtract(shared, known))
        compareParts(part, zerosFor(part), slice(extent, part), excused, carried, tell);
    }
  }
  if (count > TOLD)
    differences.push({ kind: 'bytes', at: 'more', before: '', after: `${count - TOLD} more pages differ` });
  return differences;
}

type Tell = (difference: Difference) => void;

const rangeOf = ({ address, bytes }: Extent): Range => ({
  start: address,
  end: address + BigInt(bytes?.length ?? PAGE_BYTES),
});

const slice = ({ address, bytes }: Extent, part: Range): Buffer | null =>
  bytes && bytes.subarray(Number(part.start - address), Number(part.end - address));

function zerosFor(part: Range): Buffer {
  const length = Number(part.end - part.start);
  return length <= ZEROS.length ? ZEROS.subarray(0, length) : Buffer.alloc(length);
}

function compareExtent(
  extent: Extent,
  others: readonly Extent[],
  excused: readonly Range[],
  maps: readonly MapsLine[],
  tell: Tell,
): void {
  const whole = rangeOf(extent);
  const overlapping = others.filter((other) => intersect(whole, rangeOf(other)));
  for (const other of overlapping) {
    const part = intersect(whole, rangeOf(other))!;
    compareParts(part, slice(extent, part), slice(other, part), excused, maps, tell);
  }
  for (const part of subtract(whole, overlapping.map(rangeOf)))
    compareParts(part, slice(extent, part), zerosFor(part), excused, maps, tell);
}

/** One difference for each page, at its first byte. `null` is a page that cannot be read. */
function compareParts(
  part: Range,
  was: Buffer | null,
  is: Buffer | null,
  excused: readonly Range[],
  maps: readonly MapsLine[],
  tell: Tell,
): void {
  if (was === null || is === null) {
    if (was !== is)
      tell({
        kind: 'bytes',
        at: formatRange(part),
        before: was ? 'readable' : 'not readable',
        after: is ? 'readable' : 'not readable',
        place: part,
      });
    return;
  }
  if (was.equals(is)) return;
  for (let page = 0; page < was.length; page += PAGE_BYTES) {
    const one = was.subarray(page, page + PAGE_BYTES);
    const two = is.subarray(page, page + PAGE_BYTES);
    if (one.equals(two)) continue;
    const base = part.start + BigInt(page);
    const differing = differingBytes(one, two, base, excused);
    const [first] = differing;
    if (first === undefined) continue;
    const address = base + BigInt(first);
    const name = maps.find((line) => contains(line, address))?.path ?? '';
    tell({
      kind: 'bytes',
      at: `${hex(address)}${name && ` (${name})`}`,
      before: one.subarray(first, first + 16).toString('hex'),
      after: two.subarray(first, first + 16).toString('hex'),
      place: { start: address, end: base + BigInt(differing.at(-1)! + 1) },
      page: { address: base, before: one, after: two, differing },
    });
  }
}

/** Offsets in the page at `base`. */
function differingBytes(one: Buffer, two: Buffer, base: bigint, excused: readonly Range[]): number[] {
  const offsets: number[] = [];
  for (let at = 0; at < one.length; at++) {
    if (one[at] !== two[at] && !excused.some((range) => contains(range, base + BigInt(at)))) offsets.push(at);
  }
  return offsets;
}
