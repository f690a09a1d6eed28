import { describe, expect, it } from 'vitest';
import { parseLock } from './locks.ts';

describe('a lock, as Linux 6.18 printed it', () => {
  it.each([
    ['2: POSIX  ADVISORY  WRITE 29238 fe:00:2148192 10 14', { kind: 'record', write: true, start: 10n, length: 5n }],
    ['3: OFDLCK ADVISORY  READ -1 fe:00:2148192 100 EOF', { kind: 'open-file', write: false, start: 100n, length: 0n }],
    ['1: FLOCK  ADVISORY  WRITE 29238 fe:00:2148192 0 EOF', { kind: 'whole', write: true, start: 0n, length: 0n }],
    ['1: LEASE  ACTIVE    WRITE 29238 fe:00:2148192 0 EOF', undefined],
  ])('%s', (text, expected) => {
    expect(parseLock(text)).toEqual(expected);
  });

  it('is refused when it is cut short', () => {
    expect(() => parseLock('1: POSIX  ADVISORY  WRITE')).toThrow('PROC_UNPARSABLE');
  });
});
