import { contains } from '../../../src/base/range.ts';
import type { MapsRecord, SegmentRecord } from '../record.ts';
import { rangeOf } from './ranges.ts';

/** What a mapping can be, in the order of the legend; each has its colour in page.css. */
export const KINDS = {
  image: 'the image',
  file: 'file',
  heap: 'heap',
  anon: 'anonymous',
  stack: 'stack',
  shared: 'shared',
  guard: 'no access',
  vdso: 'vdso',
  vvar: "the kernel's",
} as const;
export type Kind = keyof typeof KINDS;

/** @param image the segments of the file that is executed; none before there is an image */
export function kindOf(line: MapsRecord, image: readonly SegmentRecord[]): Kind {
  if (line.path === '[heap]') return 'heap';
  if (line.path === '[stack]') return 'stack';
  if (line.path === '[vdso]') return 'vdso';
  if (/^\[(vvar|vsyscall)/.test(line.path)) return 'vvar';
  if (line.permissions.endsWith('s')) return 'shared';
  if (line.inode === '0x0') return line.permissions.startsWith('---') ? 'guard' : 'anon';
  return segmentsUnder(line, image).some((segment) => mapsFrom(line, segment)) ? 'image' : 'file';
}

/** Those that the loader put where this mapping is. */
export function segmentsUnder(line: MapsRecord, image: readonly SegmentRecord[]): SegmentRecord[] {
  const { start, end } = rangeOf(line);
  return image.filter((segment) => {
    const range = rangeOf(segment);
    return segment.type === 'LOAD' && range.start < end && start < range.end;
  });
}

/** Whether a mapping of a file has the bytes that this segment has at that address. */
function mapsFrom(line: MapsRecord, segment: SegmentRecord): boolean {
  const [{ start }, range] = [rangeOf(line), rangeOf(segment)];
  return contains(range, start) && BigInt(line.offset) === BigInt(segment.offset) + start - range.start;
}

/** As /proc/PID/maps has it. */
export const formatLine = ({ start, end, permissions, offset, path }: MapsRecord): string =>
  `${start.slice(2)}-${end.slice(2)} ${permissions} ${offset.slice(2).padStart(8, '0')} ${path}`.trimEnd();

export const formatSegment = ({ index, type, flags, start, end, offset }: SegmentRecord): string =>
  `${type} ${index}  ${start.slice(2)}-${end.slice(2)} ${flags} at ${offset} of the image`;

/** Where the bytes of a mapping come from. */
export function originOf(line: MapsRecord, image: readonly SegmentRecord[]): string {
  const names = segmentsUnder(line, image).map(({ index, offset }) => `LOAD ${index} (at ${offset})`);
  if (kindOf(line, image) === 'vdso' || kindOf(line, image) === 'vvar') return 'of the running kernel';
  if (names.length === 0) return 'no segment loaded here: mapped, or moved here, by the restorer';
  const from = `from ${names.join(', ')}`;
  return line.inode === '0x0' ? `${from}, made anonymous` : from;
}
