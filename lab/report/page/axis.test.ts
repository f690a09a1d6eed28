import { describe, expect, it } from 'vitest';
import { foldAxis, placeOf } from './axis.ts';

const range = (start: number, end: number) => ({ start: BigInt(start), end: BigInt(end) });

describe('the address axis', () => {
  const axis = foldAxis([range(0x1000, 0x3000), range(0x7f0000000000, 0x7f0000001000)]);

  it('folds a gap of terabytes to one height', () => {
    expect(axis.bands.map(({ gap }) => gap)).toEqual([false, true, false]);
    const near = foldAxis([range(0x1000, 0x3000), range(0x4000, 0x5000)]);
    expect(near.bands[1]!.height).toBe(axis.bands[1]!.height);
  });

  it('leaves no space between bands, and none overlap', () => {
    let bottom = 0;
    for (const { top, height } of axis.bands) {
      expect(top).toBe(bottom);
      bottom += height;
    }
    expect(axis.height).toBe(bottom);
  });

  it('begins a band at each boundary, so that columns line up', () => {
    const { bands } = foldAxis([range(0x1000, 0x4000), range(0x2000, 0x3000)]);
    expect(bands.map(({ start }) => Number(start))).toEqual([0x1000, 0x2000, 0x3000]);
    expect(bands.some(({ gap }) => gap)).toBe(false);
  });

  it('draws a larger mapping higher, but not by its size', () => {
    const { bands } = foldAxis([range(0, 0x1000), range(0x1000, 0x1000 + 0x40000000)]);
    expect(bands[1]!.height).toBeGreaterThan(bands[0]!.height);
    expect(bands[1]!.height).toBeLessThan(10 * bands[0]!.height);
  });

  it('draws higher what must not be missed, a byte of it too', () => {
    const ranges = [range(0, 0x1000), range(0x1000, 0x2000)];
    const [plain, lit] = foldAxis(ranges, [range(0x1800, 0x1801)]).bands;
    expect(lit!.height).toBeGreaterThan(2 * plain!.height);
  });

  it('places addresses in order, and those outside at its ends', () => {
    const places = [0n, 0x1000n, 0x2000n, 0x3000n, 0x400000n, 0x7f0000000000n, 1n << 63n].map((at) =>
      placeOf(axis, at),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect([places[0], places.at(-1)]).toEqual([0, axis.height]);
  });

  it('is empty when nothing is mapped', () => {
    expect(foldAxis([])).toEqual({ bands: [], height: 0 });
  });
});
