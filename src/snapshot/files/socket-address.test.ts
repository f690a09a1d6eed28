import { describe, expect, it } from 'vitest';
import { formatAddress, unixPathOf } from './socket-address.ts';

const unix = (path: string): Uint8Array => Buffer.concat([Uint8Array.of(1, 0), Buffer.from(path)]);
const v6 = Uint8Array.of(10, 0, 0, 80, 0, 0, 0, 0, 32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0);

describe('a socket address', () => {
  it.each<[string, Uint8Array]>([
    ['192.0.2.1:8080', Uint8Array.of(2, 0, 31, 144, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['[2001:0db8:0000:0000:0000:0000:0000:0001]:80', v6],
    ['/run/log', unix('/run/log\0')],
    ['@abstract', unix('\0abstract')],
    ['(no name)', unix('')],
    ['(no name)', new Uint8Array()],
  ])('reads %s', (text, bytes) => {
    expect(formatAddress(bytes)).toBe(text);
  });

  it('has a path only where there is a file', () => {
    expect(unixPathOf(unix('/run/log\0\0'))).toBe('/run/log');
    expect(unixPathOf(unix('\0abstract'))).toBeUndefined();
    expect(unixPathOf(unix(''))).toBeUndefined();
  });
});
