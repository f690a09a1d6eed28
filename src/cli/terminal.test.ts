import { expect, it } from 'vitest';
import { alignColumns, formatSize, printable } from './terminal.ts';

it('columns are as wide as their widest cell, the last as it is', () => {
  expect(alignColumns([['a', 'b', 'c'], ['long', '', 'd'], ['only']])).toEqual(['a     b  c', 'long     d', 'only']);
});

it.each([
  ['/a\nb', '/a\\012b'],
  ['\u001b[2J', '\\033[2J'],
  ['\u009b31m', '\\302\\23331m'],
  ['\u202egnp.exe', '\\342\\200\\256gnp.exe'],
  ['/home/é 日本', '/home/é 日本'],
])('%j is printed as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
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
