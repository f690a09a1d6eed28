import { PAGE, type Range } from '../../../src/base/range.ts';

/** A stretch of addresses and its place on the drawn axis, in pixels. */
export interface Band extends Range {
  readonly top: number;
  readonly height: number;
  /** Nothing is mapped here: drawn at one height, however large. */
  readonly gap: boolean;
}

export interface Axis {
  readonly bands: readonly Band[];
  readonly height: number;
}

const GAP = 22;
/** More bands than this are drawn without room for a line of text in each. */
const FEW = 160;
const ROOMY = { least: 17, perDoubling: 3 } as const;
const DENSE = { least: 5, perDoubling: 1 } as const;
/** Room for what is drawn inside of a band. */
const SPOTLIGHT = 26;

/**
 * An address axis on which all of `ranges` can be seen: gaps are folded, and a mapping grows with the logarithm of its
 * size. Each boundary of a range begins a band, so what begins at one address is drawn at one height in every column.
 * @param spotlights what must not be missed: drawn higher where it is mapped
 */
export function foldAxis(ranges: readonly Range[], spotlights: readonly Range[] = []): Axis {
  const boundaries = [...new Set(ranges.flatMap(({ start, end }) => [start, end]))].sort((a, b) => (a < b ? -1 : 1));
  const { least, perDoubling } = boundaries.length > FEW ? DENSE : ROOMY;
  const bands: Band[] = [];
  let top = 0;
  for (const [index, start] of boundaries.slice(0, -1).entries()) {
    const end = boundaries[index + 1]!;
    const gap = !ranges.some((range) => range.start <= start && end <= range.end);
    const lit = spotlights.some((range) => range.start < end && start < range.end) ? SPOTLIGHT : 0;
    const height = gap ? GAP : lit + least + perDoubling * Math.log2(Math.max(1, Number((end - start) / PAGE)));
    bands.push({ start, end, top, height, gap });
    top += height;
  }
  return { bands, height: top };
}

/** Where an address lies on the axis; one before or after all bands, at its edge. */
export function placeOf({ bands, height }: Axis, address: bigint): number {
  const band = bands.find(({ end }) => address < end);
  if (!band) return height;
  if (address <= band.start) return band.top;
  return band.top + (band.height * Number(address - band.start)) / Number(band.end - band.start);
}
