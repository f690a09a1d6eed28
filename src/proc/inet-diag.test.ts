import { describe, expect, it } from 'vitest';
import { encodeInetDiag, parseInetDiag } from './inet-diag.ts';

/** As Linux 6.18 answered for UDP: a connected socket that was shut down for sending, and the one that it is connected to. */
const TWO = Buffer.from(
  '7c0000001400020000000000ea5d000002010000dddf9fac7f0000010000000000000000000000007f00000100000000000000000000000000000000010000000000000000000000000000000000000000000000e8a00000050008000200000008000f00000000000c00150001000000000000000600160050000000' +
    '7c0000001400020000000000ea5d0000020700009fac00007f0000010000000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000e9a00000050008000000000008000f00000000000c00150001000000000000000600160050000000',
  'hex',
);
const DONE = Buffer.from('140000000300020000000000ea5d000000000000', 'hex');

describe('what the kernel answers of its UDP sockets', () => {
  it('is what each has shut down', () => {
    expect(parseInetDiag(TWO)).toEqual({
      sockets: [
        { inode: 41_192n, unsent: 0, shutdown: 2 },
        { inode: 41_193n, unsent: 0, shutdown: 0 },
      ],
      complete: false,
      failed: false,
    });
  });

  it('is complete when the kernel says so', () => {
    expect(parseInetDiag(DONE)).toEqual({ sockets: [], complete: true, failed: false });
  });

  it('is nothing where the kernel has no such table', () => {
    const error = Buffer.alloc(36);
    error.writeUInt32LE(36, 0);
    error.writeUInt16LE(2, 4);
    expect(parseInetDiag(error)).toMatchObject({ complete: true, failed: true });
  });

  it.each([1, 15, 40, 123])('is refused when it is cut short after %i bytes', (length) => {
    expect(() => parseInetDiag(TWO.subarray(0, length))).toThrow('PROC_UNPARSABLE');
  });

  it('is asked for by family and protocol', () => {
    const request = Buffer.from(encodeInetDiag(10, 17)).toString('hex');
    expect(request).toBe(`4800000014000103${'00'.repeat(8)}0a110000ffffffff${'00'.repeat(48)}`);
  });
});
