import { describe, expect, it } from 'vitest';
import type { SmapsEntry } from '../../proc/smaps.ts';
import { classify } from './mappings.ts';

const entry = (rest: Partial<SmapsEntry>): SmapsEntry => ({
  start: 0x1000n,
  end: 0x2000n,
  prot: 3,
  perms: 'rw-p',
  shared: false,
  offset: 0n,
  dev: '00:00',
  inode: 0n,
  path: '',
  isDeleted: false,
  rss: 0n,
  anonymous: 0n,
  swap: 0n,
  protectionKey: 0,
  vmFlags: [],
  ...rest,
});

describe('a mapping', () => {
  it.each(['', '[heap]', '[stack:12]', '[anon:a name]'])('that the kernel calls "%s" is anonymous memory', (path) => {
    expect(classify(entry({ path }))).toBe('anon');
  });

  it.each([
    ['of probes', { path: '[uprobes]' }, 'memory of the kernel'],
    ['under a protection key', { protectionKey: 2 }, 'memory under protection key 2'],
    ['of persistent memory', { path: '/dax', inode: 5n, shared: true, vmFlags: ['sf'] }, 'memory mapped with MAP_SYNC'],
  ])('%s is refused', (_, rest, says) => {
    expect(() => classify(entry(rest))).toThrow(says);
  });

  it('that may only be executed has a key of the kernel', () => {
    expect(classify(entry({ prot: 4, protectionKey: 1 }))).toBe('anon');
  });
});
