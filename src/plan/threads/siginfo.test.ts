import { describe, expect, it } from 'vitest';
import { siginfo32 } from './siginfo.ts';

/** siginfo_t in the 64-bit layout. */
function siginfo64(signo: number, code: number, words: readonly (readonly [at: number, value: number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(128));
  view.setInt32(0, signo, true);
  view.setInt32(8, code, true);
  for (const [at, value] of words) view.setUint32(at, value, true);
  return new Uint8Array(view.buffer);
}

const words32 = (bytes: Uint8Array): number[] =>
  Array.from({ length: 8 }, (_, i) => new DataView(bytes.buffer).getInt32(i * 4, true));

describe('siginfo32', () => {
  it('moves pid, uid and value of a queued signal', () => {
    const info = siginfo64(34, -1, [[16, 4242], [20, 1000], [24, 77]]); // prettier-ignore
    expect(words32(siginfo32(info)).slice(0, 6)).toEqual([34, 0, -1, 4242, 1000, 77]);
  });

  it('narrows the times of SIGCHLD', () => {
    const info = siginfo64(17, 1, [[16, 7], [20, 0], [24, 3], [32, 11], [40, 12]]); // prettier-ignore
    expect(words32(siginfo32(info)).slice(0, 8)).toEqual([17, 0, 1, 7, 0, 3, 11, 12]);
  });

  it('narrows the address of a fault', () => {
    expect(words32(siginfo32(siginfo64(11, 1, [[16, 0x8048000]])))[3]).toBe(0x8048000);
  });
});
