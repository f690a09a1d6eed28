import { describe, expect, it } from 'vitest';
import type { MapsRecord, SegmentRecord } from '../record.ts';
import { formatLine, kindOf, originOf } from './kinds.ts';

const line = (rest: Partial<MapsRecord>): MapsRecord => ({
  start: '0x401000',
  end: '0x403000',
  permissions: 'r-xp',
  offset: '0x0',
  inode: '0x0',
  path: '',
  vmFlags: [],
  ...rest,
});

const SEGMENT: SegmentRecord = {
  index: 8,
  type: 'LOAD',
  flags: 'r-x',
  start: '0x400000',
  end: '0x403000',
  offset: '0x2a000',
  fileSize: '0x3000',
};
const ofImage = line({ inode: '0x9', path: '/tmp/image', offset: '0x2b000' });

describe('a mapping', () => {
  it.each([
    ['heap', { path: '[heap]' }],
    ['stack', { path: '[stack]' }],
    ['vdso', { path: '[vdso]' }],
    ['vvar', { path: '[vvar_vclock]' }],
    ['shared', { permissions: 'rw-s', inode: '0x5', path: '/dev/zero (deleted)' }],
    ['guard', { permissions: '---p' }],
    ['anon', { permissions: 'rw-p' }],
    ['file', { inode: '0x7', path: '/lib/libc.so.6' }],
  ] as const)('is of the kind %s', (kind, rest) => expect(kindOf(line(rest), [])).toBe(kind));

  it("is the image's where it maps the bytes of a segment, and another file's where not", () => {
    expect(kindOf(ofImage, [SEGMENT])).toBe('image');
    expect(kindOf({ ...ofImage, offset: '0x2c000' }, [SEGMENT])).toBe('file');
  });

  it('comes from the segment that was loaded there', () => {
    expect(originOf(ofImage, [SEGMENT])).toBe('from LOAD 8 (at 0x2a000)');
    expect(originOf(line({}), [SEGMENT])).toBe('from LOAD 8 (at 0x2a000), made anonymous');
    expect(originOf(line({ start: '0x500000', end: '0x501000' }), [SEGMENT])).toContain('no segment loaded here');
  });

  it('is printed as the kernel does', () => {
    expect(formatLine(ofImage)).toBe('401000-403000 r-xp 0002b000 /tmp/image');
  });
});
