import { describe, expect, it } from 'vitest';
import { bytesOf, rowsToShow } from './hexdump.ts';

describe('the lines of a page that are shown', () => {
  it('are those that differ, with their neighbours', () => {
    expect(rowsToShow([0x25], 4096)).toEqual({ rows: [0x10, 0x20, 0x30], left: 0 });
    expect(rowsToShow([0x25, 0x26, 0x40], 4096)).toEqual({ rows: [0x10, 0x20, 0x30, 0x40, 0x50], left: 0 });
  });

  it('end with the page', () => {
    expect(rowsToShow([0, 4095], 4096)).toEqual({ rows: [0, 0x10, 0xfe0, 0xff0], left: 0 });
  });

  it('are counted when there are too many', () => {
    const everywhere = Array.from({ length: 4096 }, (_, at) => at);
    const { rows, left } = rowsToShow(everywhere, 4096);
    expect(rows.length + left).toBe(256);
    expect(left).toBeGreaterThan(200);
  });
});

describe('bytes', () => {
  it('are read from hexadecimal text', () => {
    expect([...bytesOf('00ff10')]).toEqual([0, 255, 16]);
    expect([...bytesOf('')]).toEqual([]);
  });
});
