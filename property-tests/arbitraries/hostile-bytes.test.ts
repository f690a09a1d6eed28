import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileBytes } from './hostile-bytes.ts';

const SEED = 4;
const SAMPLE = Buffer.from('Name:\tsample\nState:\tR (running)\nTgid:\t4242\n');
const sample = (numRuns: number): Buffer[] => fc.sample(hostileBytes([SAMPLE]), { seed: SEED, numRuns });

describe('hostile bytes', () => {
  const all = sample(1000);

  it('are now and then what they were made from, cut short, and nothing like it', () => {
    const isCut = (bytes: Buffer): boolean =>
      bytes.length > 0 && bytes.length < SAMPLE.length && SAMPLE.indexOf(bytes) === 0;
    const hasName = (bytes: Buffer): boolean => bytes.includes('State:');
    for (const kind of [(bytes: Buffer) => bytes.equals(SAMPLE), isCut, (bytes: Buffer) => !hasName(bytes)])
      expect(all.some(kind)).toBe(true);
    expect(all.filter(hasName).length).toBeGreaterThan(all.length / 4);
  });

  it('leave what they were made from as it was', () => {
    expect(SAMPLE.toString()).toBe('Name:\tsample\nState:\tR (running)\nTgid:\t4242\n');
  });

  it('are the same for the same seed', () => {
    expect(sample(50)).toEqual(all.slice(0, 50));
  });

  it('shrink to as few as matter', () => {
    const found = fc.check(
      fc.property(hostileBytes([SAMPLE]), (bytes) => !bytes.includes(0xff)),
      { seed: SEED, numRuns: 1000 },
    );
    const [bytes] = found.counterexample!;
    expect(bytes.filter((byte) => byte === 0xff)).toHaveLength(1);
  });
});
