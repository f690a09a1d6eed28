import { expect, it } from 'vitest';
import { parseFdinfo } from './fdinfo.ts';
import { recordedText } from './testdata/recorded.ts';

it('reads a recorded file that is locked', () => {
  expect(parseFdinfo(recordedText('odd.fdinfo-file'))).toEqual({
    position: 1234n,
    flags: 0o2102002,
    mntId: 27,
    inode: 2171007n,
    locks: ['1: POSIX  ADVISORY  WRITE 18013 fe:00:2171007 10 14'],
    extra: [],
  });
});

it('keeps the lines of a recorded eventfd as they are', () => {
  expect(parseFdinfo(recordedText('odd.fdinfo-eventfd')).extra).toEqual([
    'eventfd-count:                3',
    'eventfd-id: 1',
    'eventfd-semaphore: 0',
  ]);
});

it('may come from a kernel that tells no inode', () => {
  expect(parseFdinfo('pos:\t0\nflags:\t02\nmnt_id:\t9\n')).toMatchObject({ inode: undefined, extra: [] });
});

it.each([
  ['a missing line', 'pos:\t0\nmnt_id:\t9\n', 'has no line "flags:"'],
  ['flags that are not octal', 'pos:\t0\nflags:\t0x2\nmnt_id:\t9\n', 'says "flags: 0x2"'],
])('%s is refused', (_, text, what) => {
  expect(() => parseFdinfo(text)).toThrow(
    expect.objectContaining({ code: 'PROC_UNPARSABLE', what: `/proc/PID/fdinfo ${what}` }),
  );
});
