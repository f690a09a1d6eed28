import { expect, it } from 'vitest';
import { cpusIn } from './cpu-list.ts';

it.each([
  ['0', [0]],
  ['0-3', [0, 1, 2, 3]],
  ['0-1,5,8-9', [0, 1, 5, 8, 9]],
])('%s is %j', (list, cpus) => {
  expect(cpusIn(list)).toEqual(cpus);
});
