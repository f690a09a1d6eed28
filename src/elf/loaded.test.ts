import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatRange } from '../base/range.ts';
import { parseMaps } from '../proc/maps.ts';
import type { MapsLine } from '../proc/maps.ts';
import { describeMappings, findLoaded, loadBiases } from './loaded.ts';
import type { Held, LoadedSection } from './loaded.ts';
import { bufferAccess, readElf } from './read.ts';

const testdata = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url));
const PROGRAMS = {
  pie: { path: '/tmp/rec/small-pie.elf64', file: 'small-pie.elf64', maps: 'small-pie.maps' },
  exec: { path: '/tmp/rec/small-exec.elf32', file: 'small-exec.elf32', maps: 'small-exec.maps' },
} as const;

function load({ path, file, maps }: (typeof PROGRAMS)[keyof typeof PROGRAMS]) {
  const elf = readElf(bufferAccess(testdata(file)));
  return { elf, path, lines: parseMaps(testdata(maps).toString()), files: new Map([[path, elf]]) };
}
const pie = load(PROGRAMS.pie);
const exec = load(PROGRAMS.exec);

const mark = (part: Held<LoadedSection>) =>
  `${part.startsBefore ? '<' : ''}${part.name} ${formatRange(part)}${part.endsAfter ? '>' : ''}`;
/** Line, the segments in it, the sections in it: lines of no ELF file are left out. */
const picture = (lines: readonly MapsLine[], files: Parameters<typeof describeMappings>[1]) =>
  describeMappings(lines, files)
    .filter(({ segments }) => segments.length > 0)
    .map(({ mapping, segments, sections }) => [
      `${formatRange(mapping)} ${mapping.perms}`,
      segments.map(({ index }) => index),
      sections.map(mark),
    ]);

describe('a position-independent executable, whose segments share a page of the file', () => {
  it('has the bias that all its lines agree on', () => {
    expect(findLoaded(pie.lines, pie.files).map(({ path, bias }) => [path, bias])).toEqual([
      [pie.path, 0x560a0110f000n],
    ]);
  });

  it('has each section in the lines that hold it', () => {
    expect(picture(pie.lines, pie.files)).toEqual([
      [
        '560a0110f000-560a01110000 r-xp',
        [2],
        [
          '.interp 560a0110f238-560a0110f254',
          '.note.gnu.build-id 560a0110f254-560a0110f278',
          '.gnu.hash 560a0110f278-560a0110f294',
          '.dynsym 560a0110f298-560a0110f2b0',
          '.dynstr 560a0110f2b0-560a0110f2b1',
          '.text 560a0110f2b1-560a0110f2c2',
          '.rodata 560a0110f2c2-560a0110f2c8',
        ],
      ],
      // Made read-only after relocation (RELRO): one segment, now in three lines.
      [
        '560a01110000-560a01111000 r--p',
        [3],
        ['.tdata 560a01110f2c-560a01110f30', '.dynamic 560a01110f30-560a01111000'],
      ],
      ['560a01111000-560a01112000 rw-p', [3], ['.data 560a01111000-560a01111004', '.bss 560a01111020-560a01114020>']],
      ['560a01112000-560a01115000 rw-p', [3], ['<.bss 560a01111020-560a01114020']],
    ]);
  });
});

describe('an executable with a fixed address', () => {
  it('has no bias, and its .bss goes on in the anonymous line', () => {
    expect(findLoaded(exec.lines, exec.files).map(({ bias }) => bias)).toEqual([0n]);
    expect(picture(exec.lines, exec.files)).toEqual([
      [
        '08048000-08049000 r-xp',
        [0],
        ['.note.gnu.build-id 80480f4-8048118', '.text 8048118-8048127', '.rodata 8048128-804812e'],
      ],
      [
        '08049000-0804b000 rw-p',
        [1],
        ['.tdata 8049ffc-804a000', '.data 804a000-804a004', '.bss 804a020-804d020>'],
      ],
      ['0804b000-0804e000 rw-p', [1], ['<.bss 804a020-804d020']],
    ].map(([line, ...rest]) => [String(line).replace(/\b0/g, ''), ...rest])); // prettier-ignore
  });
});

describe('a file', () => {
  const own = pie.lines.filter(({ path }) => path === pie.path);
  const shifted = own.map((line) => ({ ...line, start: line.start + 0x100000n, end: line.end + 0x100000n }));

  it('may be loaded twice', () => {
    expect(loadBiases(pie.elf, [...own, ...shifted])).toEqual([0x560a0110f000n, 0x560a0120f000n]);
  });

  it('may be mapped as a whole to be looked at, which loads nothing', () => {
    const whole = { ...own[0]!, start: 0x7f0000000000n, end: 0x7f0000002000n, offset: 0n };
    expect(loadBiases(pie.elf, [whole])).toEqual([]);
    expect(loadBiases(pie.elf, [whole, ...own])).toEqual([0x560a0110f000n]);
  });

  it('may have neighbouring segments that share one line', () => {
    const [text] = exec.elf.phdrs;
    const segment = { ...text!, offset: 0n, vaddr: 0x10000n, filesz: 0x1000n, memsz: 0x1000n };
    const phdrs = [0n, 0x1000n, 0x2000n].map((by) => ({ ...segment, offset: by, vaddr: segment.vaddr + by }));
    const line = { start: 0x50000n, end: 0x53000n, path: '/joined', offset: 0n };
    const biases = (flags: number[]) =>
      loadBiases({ ...exec.elf, phdrs: phdrs.map((phdr, i) => ({ ...phdr, flags: flags[i]! })) }, [line]);
    expect([biases([4, 4, 4]), biases([4, 5, 4])]).toEqual([[0x40000n], []]);
  });

  it('is hidden where another file is mapped over it', () => {
    const over = pie.lines.map((line) => (line.start === 0x560a01112000n ? { ...line, path: '/other' } : line));
    expect(describeMappings(over, pie.files)[3]).toEqual({ mapping: over[3], segments: [], sections: [] });
  });

  it('of which nothing is mapped is nowhere', () => {
    expect(describeMappings(exec.lines, pie.files).flatMap(({ segments }) => segments)).toEqual([]);
  });
});
