import { expect, it } from 'vitest';
import { TARGETS } from '../targets/index.ts';
import type { TargetRow } from '../targets/row.ts';
import { isDocumented, limitsOn } from './limits.ts';

const row = (rest: Partial<TargetRow>): TargetRow => ({ ...TARGETS[0]!, ...rest });

it('a row may say what older kernels refuse', () => {
  const of = row({ before: { release: '6.5', limits: 'whether it is a semaphore' } });
  expect(limitsOn(of, '6.1.0-50-amd64')).toBe('whether it is a semaphore');
  expect(limitsOn(of, '5.10.0-32-cloud-amd64')).toBe('whether it is a semaphore');
  expect(limitsOn(of, '6.5.13')).toBeUndefined();
  expect(limitsOn(of, '7.3-rc1')).toBeUndefined();
  expect(limitsOn(row({ limits: 'holds a lock' }), '7.3.1')).toBe('holds a lock');
});

it('what a row says is refused is in docs/limits.md', () => {
  const words = TARGETS.flatMap(({ limits, before, since, elsewhere, loses, losesOn32Bit }) => [
    limits,
    before?.limits,
    since?.limits,
    elsewhere,
    loses,
    losesOn32Bit?.limits,
  ]).filter(Boolean);
  expect(words.length).toBeGreaterThan(10);
  expect(words.filter((each) => !isDocumented(each!))).toEqual([]);
});
