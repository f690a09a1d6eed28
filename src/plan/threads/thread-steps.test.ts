import { expect, it } from 'vitest';
import { cpuSet } from './thread-steps.ts';

it('makes a cpu_set_t of whole words', () => {
  expect(cpuSet('0-2,9')).toEqual(Uint8Array.of(0b111, 0b10, 0, 0, 0, 0, 0, 0));
  expect(cpuSet('64')).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0));
});
