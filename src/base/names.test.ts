import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cString, decodeName, encodeName, printName } from './names.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** What is likely to be read wrongly: parts of characters, surrogates in UTF-8, a byte order mark. */
const pieces = [
  'a', '/', '\n', '\\', ' (deleted)', '\xff', '\x80', '\xc0\x80', '\xc3', '\xc3\xa4', '\xe2\x82', '\xe2\x82\xac', '\xed\xa0\x80',
  '\xed\xb2\x80', '\xf0\x9f\x92', '\xf0\x9f\x92\x80', '\xf4\x90\x80\x80', '\xef\xbb\xbf', '\xef\xbf\xbd',
]; // prettier-ignore
const names = fc
  .array(fc.oneof(fc.constantFrom(...pieces).map(bytes), fc.uint8Array({ maxLength: 4 })), { maxLength: 12 })
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

describe('a name', () => {
  it('comes back as the bytes that it is, through JSON too', () => {
    fc.assert(
      fc.property(names, (name) => {
        const text = decodeName(name);
        expect([...encodeName(text)]).toEqual([...name]);
        expect([...encodeName(JSON.parse(JSON.stringify(text)) as string)]).toEqual([...name]);
      }),
      { numRuns: 5000 },
    );
  });

  it('is the string that UTF-8 says where it is UTF-8', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => decodeName(Buffer.from(text)) === text));
    expect(decodeName(bytes('\xef\xbb\xbfx'))).toBe('\ufeffx');
  });

  it('has a lone surrogate for each byte that is no part of a character', () => {
    expect(decodeName(bytes('im\xff.elf'))).toBe('im\udcff.elf');
    expect(decodeName(bytes('\xed\xa0\x80'))).toBe('\udced\udca0\udc80');
    expect(decodeName(bytes('\xc3'))).toBe('\udcc3');
  });

  it('ends in NUL as a C string', () => {
    expect([...cString('\udcff')]).toEqual([0xff, 0]);
  });
});

describe('a printed name', () => {
  it.each([
    ['a\nb', 'a\\x0ab'],
    ['\u001b[31m', '\\x1b[31m'],
    ['im\udcff.elf', 'im\\xff.elf'],
    ['\u2028', '\\xe2\\x80\\xa8'],
    ['ä → 💀', 'ä → 💀'],
    ['\\012', '\\012'],
  ])('is one line: %j', (name, line) => {
    expect(printName(name)).toBe(line);
  });
});
