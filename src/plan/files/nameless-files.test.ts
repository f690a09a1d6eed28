import { expect, it } from 'vitest';
import { sizeOf } from '../../base/range.ts';
import { sampleSnapshot } from '../../snapshot/testdata/sample.ts';
import { partsOfFiles } from './nameless-files.ts';

const [sample] = sampleSnapshot.nameless;
const partsOf = (extents: readonly { start: bigint; end: bigint }[]) =>
  partsOfFiles({ ...sampleSnapshot, nameless: [{ ...sample!, extents }] });

it('what is in a file is written by calls that write all they are given', () => {
  const parts = partsOf([{ start: 4096n, end: 5n << 30n }]);
  expect(parts.every((part) => sizeOf(part) < 0x7fff_f000n)).toBe(true);
  expect(parts.at(0)?.start).toBe(4096n);
  expect(parts.at(-1)?.end).toBe(5n << 30n);
  parts.slice(1).forEach((part, i) => expect(part.start).toBe(parts[i]?.end));
});

it('a file of very many stretches loses its smallest holes, and no byte', () => {
  const extents = Array.from({ length: 3000 }, (_, i) => {
    const start = BigInt(i) * 65_536n + (i > 500 ? 1n << 40n : 0n);
    return { start, end: start + 4096n };
  });
  const parts = partsOf(extents);
  expect(parts.length).toBeLessThanOrEqual(1024);
  for (const { start, end } of extents) expect(parts.some((part) => part.start <= start && end <= part.end)).toBe(true);
  expect(parts.some((part) => sizeOf(part) > 1n << 39n)).toBe(false);
});
