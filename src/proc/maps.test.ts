import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMaps } from './maps.ts';
import type { MapsLine } from './maps.ts';
import { recordedText } from './testdata/recorded.ts';

const lines = parseMaps(recordedText('odd.maps'));
const only = (text: string) => parseMaps(text)[0];

describe('a recorded process', () => {
  it('has every line, in order', () => {
    expect(lines).toHaveLength(20);
    expect(lines[1]).toEqual({
      start: 0x401000n, end: 0x47a000n, perms: 'r-xp', prot: 5, shared: false,
      offset: 0x1000n, dev: 'fe:00', inode: 2146377n, path: '/tmp/rec/odd', isDeleted: false,
    }); // prettier-ignore
  });

  it('has the paths that the files have, and (deleted) where they have none', () => {
    expect(
      lines.filter(({ path }) => path.startsWith('/tmp/rec/d/')).map(({ path, shared }) => [path, shared]),
    ).toEqual([
      ['/tmp/rec/d/file', false],
      ['/tmp/rec/d/gone (deleted)', true],
      ['/tmp/rec/d/back\\slash', true],
      ['/tmp/rec/d/new\nline', false],
      ['/tmp/rec/d/two words', false],
    ]);
  });

  it('has no path for anonymous memory', () => {
    expect(lines[5]).toMatchObject({ path: '', inode: 0n, dev: '00:00' });
  });
});

describe('a line', () => {
  it.each([
    ['---p', 0, false],
    ['r--s', 1, true],
    ['-w-p', 2, false],
    ['--xp', 4, false],
    ['rwxs', 7, true],
  ])('with %s has protection %i', (perms, prot, shared) => {
    expect(only(`1000-2000 ${perms} 00000000 00:00 0 \n`)).toMatchObject({ perms, prot, shared });
  });

  it('may be the highest page of all', () => {
    expect(only('fffffffffffff000-ffffffffffffffff r--p ffffffffffff000 00:00 18446744073709551615')).toMatchObject({
      start: 0xfffffffffffff000n,
      end: 0xffffffffffffffffn,
      inode: 18446744073709551615n,
    });
  });

  it.each([
    ['capital hex', '1000-2000 RW-p 00000000 00:00 0'],
    ['no inode', '1000-2000 rw-p 00000000 00:00'],
    ['an error message', 'cat: /proc/1/maps: Permission denied'],
    ['nothing', ''],
  ])('of %s is refused and quoted', (_, line) => {
    expect(() => parseMaps(`0-1000 rw-p 00000000 00:00 0 \n${line}\n`)).toThrow(
      expect.objectContaining({ code: 'PROC_UNPARSABLE', what: `/proc/PID/maps says "${line}"` }),
    );
  });
});

it('an exited process has no lines', () => {
  expect(parseMaps('')).toEqual([]);
});

/** As fs/proc/task_mmu.c prints it. */
function format({ start, end, perms, offset, dev, inode, path }: MapsLine): string {
  const eight = (value: bigint) => value.toString(16).padStart(8, '0');
  const head = `${eight(start)}-${eight(end)} ${perms} ${eight(offset)} ${dev} ${inode} `;
  return `${path === '' ? head : head.padEnd(73) + path.replaceAll('\n', '\\012')}\n`;
}

it('what the kernel formats comes back', () => {
  const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\u2028b\r', ' (deleted)', '\n', '\\01'));
  const line = fc
    .record({
      start: word,
      end: word,
      offset: word,
      inode: word,
      prot: fc.nat(7),
      shared: fc.boolean(),
      dev: fc.constantFrom('00:00', 'fe:00', '103:20'),
      path: fc.oneof(
        name.map((path) => `/${path}`),
        fc.constantFrom('', '[heap]', '[anon:a b]'),
      ),
    }) // prettier-ignore
    .map((record) => {
      const letter = (bit: number, char: string) => ((record.prot & bit) === 0 ? '-' : char);
      const perms = letter(1, 'r') + letter(2, 'w') + letter(4, 'x') + (record.shared ? 's' : 'p');
      return { ...record, perms, isDeleted: record.path.endsWith(' (deleted)') };
    })
    .filter(({ path }) => !path.includes('\\012')); // the ambiguity that the kernel has
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), (expected) => {
      expect(parseMaps(expected.map(format).join(''))).toEqual(expected);
    }),
  );
});
