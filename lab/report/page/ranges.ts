import type { Range } from '../../../src/base/range.ts';

/** The record's hexadecimal text as addresses. */
export const rangeOf = ({ start, end }: { readonly start: string; readonly end: string }): Range => ({
  start: BigInt(start),
  end: BigInt(end),
});

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `12 KiB`, `1.5 GiB` */
export function formatSize(bytes: bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit + 1 < UNITS.length) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${UNITS[unit]}`;
}
