import { describe, expect, it } from 'vitest';
import { CHUNK, encodeHeader, encodeWords, HeaderReader } from './frames.ts';

const HEADERS = [
  { id: 1, kind: 9, length: 0 },
  { id: 0xffff_ffff, kind: 34, length: CHUNK },
  { id: 3, kind: 36, length: 4 },
];

describe('headers', () => {
  const stream = Buffer.concat(HEADERS.map(encodeHeader));

  it.each([1, 5, 12, 13, 36])('come out whole when %i bytes come at a time', (size) => {
    const reader = new HeaderReader();
    const read = [];
    for (let at = 0; at < stream.length; at += size) read.push(...reader.push(stream.subarray(at, at + size)));
    expect(read).toEqual(HEADERS);
  });

  it('are little-endian, as the guest has them', () => {
    expect(encodeHeader({ id: 1, kind: 2, length: 0x304 }).toString('hex')).toBe('010000000200000004030000');
  });

  it('that cannot be one end the conversation', () => {
    const bytes = Buffer.alloc(12, 0xff);
    expect(() => new HeaderReader().push(bytes)).toThrow(RangeError);
    expect(() => encodeHeader({ id: 1, kind: 1, length: CHUNK + 1 })).toThrow(RangeError);
  });
});

it('ends each word with a zero byte', () => {
  expect(encodeWords(['a', '', 'ö']).toString('hex')).toBe('610000c3b600');
});
