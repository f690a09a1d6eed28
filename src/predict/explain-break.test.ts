import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStat } from '../proc/stat.ts';
import { PT_INTERP } from '../elf/constants.ts';
import { bufferAccess, readElf } from '../elf/read.ts';
import { explainBrk, formatBrk } from './explain-break.ts';

const testdata = (name: string) => readFileSync(new URL(`../elf/testdata/${name}`, import.meta.url));
const elfOf = (name: string) => readElf(bufferAccess(testdata(name)));
const pie = elfOf('small-pie.elf64');
const exec = elfOf('small-exec.elf32');
const at = (startBrk: bigint) => ({ startBrk, brk: startBrk });

describe('the break of a recorded process', () => {
  it.each([
    ['small-pie.stat', pie, 0x560a0110f000n, { base: 0x560a01115000n, offset: 0x3f985000n }],
    ['small-exec.stat', exec, 0n, { base: 0x804e000n, offset: 0xeff000n }],
  ] as const)('of %s is a random offset above its highest segment', (file, elf, bias, expected) => {
    const { startBrk } = parseStat(testdata(file).toString());
    expect(explainBrk(elf, bias, at(startBrk))).toMatchObject({
      rule: 'segments',
      placement: 'randomised',
      ...expected,
    });
  });
});

describe('the break', () => {
  const last = exec.phdrs[1]!;
  const low = { ...last, offset: 0n, vaddr: 0x10000n, memsz: 0x1000n };

  it('is decided by the segment that ends highest, whatever the order', () => {
    const elf = { ...exec, phdrs: [low, last, low] };
    expect(explainBrk(elf, 0n, at(0x804e000n))).toMatchObject({ segment: { index: 1 }, base: 0x804e000n });
  });

  it.each([
    [0n, 'at-base'],
    [0x1000n, 'randomised'],
    [0x2000000n, 'randomised'],
    [0x2001000n, 'elsewhere'],
    [-0x1000n, 'elsewhere'],
  ])('%i bytes above the base of a 32-bit program is %s', (offset, placement) => {
    expect(explainBrk(exec, 0n, at(0x804e000n + offset))).toMatchObject({ offset, placement });
  });

  it('is elsewhere for a file without PT_LOAD', () => {
    expect(explainBrk({ ...exec, phdrs: [] }, 0n, at(0x804e000n))).toMatchObject({
      segment: undefined,
      placement: 'elsewhere',
    });
  });
});

describe('a static PIE', () => {
  const staticPie = { ...pie, phdrs: pie.phdrs.filter(({ type }) => type !== PT_INTERP) };

  // The three were measured on 6.18 with and without setarch -R, and follow from the source of 6.14.
  it.each([
    ['randomised', 0x555572e6d000n, 'static-pie', 'randomised'],
    ['not randomised', 0x555555555000n, 'static-pie', 'at-base'],
    ['not randomised before 6.15', 0x7ffff7ff8000n, 'segments', 'at-base'],
  ])('%s starts at %i by the rule %s', (_, startBrk, rule, placement) => {
    expect(explainBrk(staticPie, 0x7ffff7ff2000n, at(startBrk))).toMatchObject({ rule, placement });
  });
});

it('is explained in words', () => {
  expect(formatBrk(explainBrk(exec, 0n, { startBrk: 0x8f4c000n, brk: 0x8f4c123n }))).toMatchInlineSnapshot(`
    [
      "break 8f4c000-8f4c123, 291 bytes of heap",
      "  PT_LOAD 1 ends highest, at 0x804d020; page-aligned 0x804e000",
      "  0xefe000 above it: random, 0x2000000 at most, and at least a page from Linux 6.10 on",
      "  moved by a PT_LOAD that ends higher, wherever in the table and whatever its flags: the base moves to its end",
      "  moved by ADDR_NO_RANDOMIZE (setarch -R), or kernel.randomize_va_space < 2: the break starts at the base",
      "  moved by prctl(PR_SET_MM, PR_SET_MM_MAP), needs no privilege: start and end are set to the byte",
      "  moved by brk(2): the end moves, never the start",
    ]
  `);
  expect(formatBrk(explainBrk(exec, 0n, at(0x10000n)))[2]).toMatchInlineSnapshot(
    `"  0x803e000 below it, where the kernel's loader cannot have put it: set by prctl(PR_SET_MM), or of another executable"`,
  );
});
