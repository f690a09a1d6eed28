import { describe, expect, it } from 'vitest';
import { parseMaps } from './maps.ts';
import { parseSmaps } from './smaps.ts';
import { recordedText } from './testdata/recorded.ts';

describe('a recorded process', () => {
  const text = recordedText('odd.smaps');
  const entries = parseSmaps(text);

  it('has the lines of maps', () => {
    const lines = parseMaps(recordedText('odd.maps'));
    expect([...entries.values()]).toMatchObject(lines);
    expect([...entries.keys()]).toEqual(lines.map(({ start }) => start));
  });

  it('has sizes in bytes, and flags', () => {
    expect(entries.get(0x7ffbaa1ab000n)).toMatchObject({
      path: '/tmp/rec/d/file',
      rss: 8192n,
      anonymous: 4096n,
      swap: 0n,
      vmFlags: ['rd', 'wr', 'mr', 'mw', 'me', 'ac'],
    });
  });

  it('may come from a kernel that prints fewer lines', () => {
    const fewer = parseSmaps(text.replace(/^(Swap|VmFlags):.*\n/gm, ''));
    expect(fewer.get(0x7ffbaa1ab000n)).toMatchObject({ rss: 8192n, swap: 0n, vmFlags: [] });
  });
});

it.each([
  ['a size without an entry', 'Rss:                 8 kB', 'Rss:                 8 kB'],
  ['a size in other units', '1000-2000 rw-p 00000000 00:00 0 \nRss: 8 MB', 'Rss: 8 MB'],
])('%s is refused and quoted', (_, text, line) => {
  const what = `/proc/PID/smaps says "${line}"`;
  expect(() => parseSmaps(text)).toThrow(expect.objectContaining({ code: 'PROC_UNPARSABLE', what }));
});
