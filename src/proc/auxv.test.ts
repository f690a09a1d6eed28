import { describe, expect, it } from 'vitest';
import { AUXV, parseAuxv } from './auxv.ts';
import { recorded } from './testdata/recorded.ts';

describe.each([
  ['64-bit', 'odd.auxv', 8, 22, { AT_SYSINFO_EHDR: 0x7ffbaa1b8000n, AT_ENTRY: 0x4016b0n, AT_EXECFN: 0x7ffd3bb66febn }],
  ['32-bit', 'odd32.auxv', 4, 23, { AT_SYSINFO_EHDR: 0xf7f4c000n, AT_ENTRY: 0x565c6310n, AT_SYSINFO: 0xf7f4c5e0n }],
] as const)('a recorded %s process', (_, file, wordSize, count, some) => {
  const entries = parseAuxv(recorded(file), wordSize);

  it('has what LD_SHOW_AUXV would print', () => {
    expect(entries).toHaveLength(count);
    for (const [name, value] of Object.entries(some)) {
      expect(entries).toContainEqual({ type: AUXV[name as keyof typeof AUXV], value });
    }
  });

  it('is refused when it ends before AT_NULL', () => {
    const short = recorded(file).subarray(0, 2 * wordSize * count + wordSize);
    expect(() => parseAuxv(short, wordSize)).toThrow(expect.objectContaining({ code: 'PROC_UNPARSABLE' }));
  });
});

it('a kernel thread has none', () => {
  expect(parseAuxv(new Uint8Array(), 8)).toEqual([]);
});
