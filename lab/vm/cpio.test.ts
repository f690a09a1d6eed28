import { describe, expect, it } from 'vitest';
import { encodeCpio } from './cpio.ts';

/** Reads an archive as the kernel does: init/initramfs.c, newc. */
function names(archive: Buffer): { path: string; mode: number; bytes: string }[] {
  const found = [];
  for (let at = 0; at < archive.length;) {
    expect(at % 4).toBe(0);
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) => parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const path = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const from = (at + 110 + nameSize + 3) & ~3;
    if (path === 'TRAILER!!!') return found;
    found.push({ path, mode, bytes: archive.toString('latin1', from, from + size) });
    at = (from + size + 3) & ~3;
  }
  throw new Error('no trailer');
}

describe('encodeCpio', () => {
  it('writes files, links and folders with their modes', () => {
    const archive = encodeCpio([
      { path: 'init', mode: 0o755, bytes: Buffer.from('abc') },
      { path: 'sh', mode: 0o777, link: 'init' },
      { path: 'tmp', mode: 0o1777 },
    ]);
    expect(names(archive)).toEqual([
      { path: 'init', mode: 0o100755, bytes: 'abc' },
      { path: 'sh', mode: 0o120777, bytes: 'init' },
      { path: 'tmp', mode: 0o041777, bytes: '' },
    ]);
  });

  it('names every folder once, before what lies in it', () => {
    const bytes = Buffer.from('x');
    const archive = encodeCpio([
      { path: 'lib/x/a', mode: 0o644, bytes },
      { path: 'lib/x/b', mode: 0o644, bytes },
    ]);
    expect(names(archive).map(({ path }) => path)).toEqual(['lib', 'lib/x', 'lib/x/a', 'lib/x/b']);
  });

  it('begins with the bytes that the kernel wants', () => {
    const archive = encodeCpio([{ path: 'a', mode: 0o644, bytes: Buffer.from('hello') }]);
    const fields = ['00000001', '000081a4', '00000000', '00000000', '00000001', '00000000', '00000005'];
    expect(archive.toString('latin1', 0, 62)).toBe(`070701${fields.join('')}`);
    expect(archive.toString('latin1', 94, 120)).toBe(`0000000200000000a\0hello\0\0\0`);
  });
});
