import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partition } from './partition.ts';

const byAddress = (files: readonly number[]) => (a: number, b: number) => (files[a] ?? 0) - (files[b] ?? 0);

it('finds the lowest descriptor of each open file, whatever order the kernel has them in', () => {
  const files = fc.array(fc.integer({ min: 0, max: 12 }));
  fc.assert(
    fc.property(files, (open) => {
      const found = partition([...open.keys()], byAddress(open));
      expect([...open.keys()].map((fd) => found.get(fd))).toEqual(open.map((file) => open.indexOf(file)));
    }),
  );
});

it('asks n log n times', () => {
  const count = 4096;
  const files = Array.from({ length: count }, (_, fd) => (fd * 2654435761) % 3001);
  let asked = 0;
  partition([...files.keys()], (a, b) => (asked++, byAddress(files)(a, b)));
  expect(asked).toBeLessThan(count * (Math.log2(count) + 1));
});
