import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapsText } from './maps-text.ts';

const SEED = 4;

describe('a text of maps', () => {
  const all = fc.sample(mapsText, { seed: SEED, numRuns: 300 });

  it('has a line for each mapping, which ascend and do not overlap', () => {
    for (const { text, lines } of all) {
      expect(text.split('\n')).toHaveLength(lines.length + 1);
      lines.forEach(({ start, end }, i) => {
        expect(start).toBeLessThan(end);
        expect(lines[i + 1]?.start ?? end).toBeGreaterThanOrEqual(end);
      });
    }
  });

  it('has its name in column 73, or further on', () => {
    for (const { text, lines } of all)
      text.split('\n').forEach((line, i) => {
        const { path } = lines[i] ?? { path: '' };
        if (path !== '') expect(line.slice(73).endsWith(path)).toBe(true);
      });
  });

  it('has lines without a name, with a label and with a path', () => {
    const paths = all.flatMap(({ lines }) => lines.map(({ path }) => path));
    for (const begin of [/^$/, /^\[/, /^\//]) expect(paths.some((path) => begin.test(path))).toBe(true);
  });

  it('is the same for the same seed', () => {
    expect(fc.sample(mapsText, { seed: SEED, numRuns: 20 })).toEqual(all.slice(0, 20));
  });

  it('shrinks to the line that matters', () => {
    const found = fc.check(
      fc.property(mapsText, ({ lines }) => lines.every(({ path }) => path !== '[heap]')),
      { seed: SEED, numRuns: 300 },
    );
    expect(found.counterexample![0].lines).toMatchObject([
      { start: 0x1000n, end: 0x2000n, offset: 0n, path: '[heap]' },
    ]);
  });
});
