import { expect, it } from 'vitest';
import { alignColumns, formatSize } from './terminal.ts';

it('columns are as wide as their widest cell, the last as it is', () => {
  expect(alignColumns([['a', 'b', 'c'], ['long', '', 'd'], ['only']])).toEqual(['a     b  c', 'long     d', 'only']);
});

it.each([
  [0n, '0 bytes'],
  [1023n, '1023 bytes'],
  [1024n, '1 KiB'],
  [1536n, '1.5 KiB'],
  [12n << 20n, '12 MiB'],
  [5n << 40n, '5 TiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
