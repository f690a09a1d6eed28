import type { Range } from '../../../src/base/range.ts';
import type { CellRecord, DifferenceRecord, MapsRecord, SegmentRecord } from '../record.ts';
import { formatLine, formatSegment, type Kind, kindOf, originOf } from './kinds.ts';
import { formatSize, rangeOf } from './ranges.ts';

/** One rectangle of the map, and what is said of it. */
export interface Entry extends Range {
  readonly kind: Kind;
  /** Short, for the rectangle itself. */
  readonly label: string;
  /** The line of maps or of the program headers. */
  readonly line: string;
  readonly notes: readonly string[];
}

export interface Column {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** A difference that has addresses, by its place among all of the cell. */
export interface Mark extends Range {
  readonly index: number;
  readonly sentence: string;
}

/** Before, the image's segments, and after, on one axis of addresses. */
export function columnsOf({ before, after, image }: CellRecord): Column[] {
  const segments = image?.segments ?? [];
  return [
    ...(before ? [{ title: 'before', entries: before.maps.map((line) => ofLine(line, [], segments)) }] : []),
    ...(image ? [{ title: 'image', entries: segments.filter(isLoaded).map(ofSegment) }] : []),
    ...(after ? [{ title: 'after', entries: after.maps.map((line) => ofLine(line, segments, segments)) }] : []),
  ];
}

export function marksOf({ verdict }: CellRecord): Mark[] {
  if (verdict.outcome !== 'differs') return [];
  return verdict.differences.flatMap((difference: DifferenceRecord, index) =>
    difference.place === undefined
      ? []
      : [{ ...rangeOf(difference.place), index, sentence: `${difference.kind} ${difference.at}` }],
  );
}

/** @param own segments of the file that this process executes, as far as they are known */
function ofLine(line: MapsRecord, own: readonly SegmentRecord[], segments: readonly SegmentRecord[]): Entry {
  const range = rangeOf(line);
  const flags = line.vmFlags.length === 0 ? [] : [`VmFlags: ${line.vmFlags.join(' ')}`];
  return {
    ...range,
    kind: kindOf(line, own),
    label: `${line.permissions} ${line.path.split('/').at(-1)}`.trimEnd(),
    line: formatLine(line),
    notes: [`${formatSize(range.end - range.start)}, ${originOf(line, segments)}`, ...flags],
  };
}

function ofSegment(segment: SegmentRecord): Entry {
  const range = rangeOf(segment);
  return {
    ...range,
    kind: 'image',
    label: `${segment.flags} LOAD ${segment.index}`,
    line: formatSegment(segment),
    notes: [`${formatSize(range.end - range.start)}, ${formatSize(BigInt(segment.fileSize))} of them in the file`],
  };
}

const isLoaded = ({ type, start, end }: SegmentRecord): boolean => type === 'LOAD' && start !== end;
