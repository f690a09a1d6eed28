import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readSegments } from './segments.ts';

/** `  LOAD           0x01b000 0x0000000000100000 0x0000000000100000 0x001000 0x001000 R E 0x1000` */
const LINE = /^ {2}([A-Z]\w*) +(0x\w+) (0x\w+) 0x\w+ (0x\w+) (0x\w+) ([R ][W ][E ])/;

function byReadelf(path: string): string[] {
  const printed = execFileSync('readelf', ['-lW', path], { encoding: 'utf8', env: { LC_ALL: 'C' } });
  return printed.split('\n').flatMap((line) => {
    const [, type, offset, vaddr, filesz, memsz, flags] = LINE.exec(line) ?? [];
    if (type === undefined) return [];
    const start = BigInt(vaddr!);
    return [[type, BigInt(offset!), start, start + BigInt(memsz!), BigInt(filesz!), flags!.trim()].join(' ')];
  });
}

const LETTERS: Record<string, string> = { r: 'R', w: 'W', x: 'E', '-': ' ' };

describe('program headers', () => {
  it.each([
    ['64-bit', process.execPath],
    ['32-bit', '/lib/ld-linux.so.2'],
  ])('are those that readelf sees in a %s file', async (_, path) => {
    const ours = (await readSegments(path)).map(({ type, offset, start, end, fileSize, flags }) =>
      [type, offset, start, end, fileSize, flags.replaceAll(/./g, (flag) => LETTERS[flag]!).trim()].join(' '),
    );
    expect(ours).toEqual(byReadelf(path));
    expect(ours.length).toBeGreaterThan(5);
  });

  it('are in no other file', async () => {
    await expect(readSegments('/etc/passwd')).rejects.toThrow('is no ELF file');
  });
});
