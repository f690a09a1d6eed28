import { describe, expect, it } from 'vitest';
import { AddressSpace } from './address-space.ts';

describe('AddressSpace', () => {
  it('takes the lowest room at or above what is asked for', () => {
    const space = new AddressSpace([{ start: 0x20_0000n, end: 0x30_0000n }], 0x100_0000n);
    expect(space.take(0x1000n)).toEqual({ start: 0x10_0000n, end: 0x10_1000n });
    expect(space.take(0x1000n, 0x20_0000n)).toEqual({ start: 0x30_0000n, end: 0x30_1000n });
  });

  it('never gives the same room twice, and rounds up to pages', () => {
    const space = new AddressSpace([], 0x100_0000n);
    const first = space.take(1n);
    expect(first).toEqual({ start: 0x10_0000n, end: 0x10_1000n });
    expect(space.take(1n).start).toBe(first.end);
  });

  it('begins at a page even where something ends inside one', () => {
    const space = new AddressSpace([{ start: 0x10_0000n, end: 0x10_0039n }], 0x100_0000n);
    expect(space.take(0x1000n).start).toBe(0x10_1000n);
  });

  it('looks below when there is no room above', () => {
    const space = new AddressSpace([{ start: 0x80_0000n, end: 0x100_0000n }], 0x100_0000n);
    expect(space.take(0x1000n, 0x80_0000n).start).toBe(0x10_0000n);
  });

  it('refuses when nothing is left', () => {
    expect(() => new AddressSpace([], 0x20_0000n).take(0x10_1000n)).toThrow(
      expect.objectContaining({ code: 'NO_ROOM' }),
    );
  });
});
