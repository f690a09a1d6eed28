import { describe, expect, it } from 'vitest';
import { encodeUnixDiag, parseUnixDiag } from './unix-diag.ts';

/** As Linux 6.18 answered: an end of a pair that six bytes wait in, and a socket that listens under the name @ki-abs. */
const PAIR = Buffer.from(
  '3c00000014000000000000000044300001010100433a2e00020000000000000008000200423a2e000c00040006000000000000000500060000000000',
  'hex',
);
const LISTENING = Buffer.from(
  '400000001400000000000000004430000101' +
    '0a00443a2e0003000000000000000b000000006b692d616273000c00040000000000070000000500060000000000',
  'hex',
);

describe('what the kernel answers of a UNIX socket', () => {
  it('is the other end and how much waits', () => {
    expect(parseUnixDiag(PAIR)).toEqual({
      state: 1,
      file: undefined,
      peer: 3_029_570n,
      queued: 6,
      backlog: 0,
      shutdown: 0,
    });
  });

  it('is how many connections may wait where one listens', () => {
    expect(parseUnixDiag(LISTENING)).toMatchObject({ state: 10, peer: undefined, queued: 0, backlog: 7 });
  });

  it('is nothing for a socket that is gone', () => {
    const error = Buffer.alloc(36);
    error.writeUInt32LE(36, 0);
    error.writeUInt16LE(2, 4);
    expect(parseUnixDiag(error)).toBeUndefined();
  });

  it.each([0, 15, 40, 59])('is refused when it is cut short after %i bytes', (length) => {
    expect(() => parseUnixDiag(PAIR.subarray(0, length))).toThrow('PROC_UNPARSABLE');
  });

  it('is asked for by inode, without a cookie', () => {
    expect(Buffer.from(encodeUnixDiag(0x2e3a42n)).toString('hex')).toBe(
      '2800000014000100000000000000000001000000ffffffff423a2e0016000000ffffffffffffffff',
    );
  });
});
