import { expect, it } from 'vitest';
import { upToNull } from './state-steps.ts';

it('an auxv ends with its AT_NULL pair, whatever the kernel read after it', () => {
  const of32 = Buffer.from(new Uint32Array([6, 4096, 0, 0, 7, 7, 0, 0]).buffer);
  expect(upToNull(of32, 4)).toEqual(of32.subarray(0, 16));
  const of64 = Buffer.from(new BigUint64Array([6n, 4096n, 3n, 0n, 0n, 0n]).buffer);
  expect(upToNull(of64, 8)).toEqual(of64);
  expect(upToNull(of64.subarray(0, 32), 8)).toEqual(of64.subarray(0, 32));
});
