import { describe, expect, it } from 'vitest';
import { segmentNumbers, translateSelector } from './segments.ts';

describe('segments of 32-bit programs', () => {
  const { own, other } = segmentNumbers(0x23n);

  it.each([
    ['code', 0x23n, 0x73n],
    ['data', 0x2bn, 0x7bn],
    ["libc's thread pointer", 0x63n, 0x33n],
    ['the third TLS entry', 0x73n, 0x43n],
  ])('%s has another selector under a kernel of 32 bits, and back', (_, of64, of32) => {
    expect(translateSelector(of64, own, other)).toBe(of32);
    expect(translateSelector(of32, other, own)).toBe(of64);
  });

  it.each([0n, 3n, 0x7n])('selector %i is the same everywhere', (selector) => {
    expect(translateSelector(selector, own, other)).toBe(selector);
  });

  it('knows which kernel a code selector is of', () => {
    expect(segmentNumbers(0x73n)).toEqual({ own: other, other: own });
    expect(() => segmentNumbers(0x33n)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
