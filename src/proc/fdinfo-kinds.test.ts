import { describe, expect, it } from 'vitest';
import { parseEpoll, parseInotify, parseEventfd, parseSignalfd, parseTimerfd } from './fdinfo-kinds.ts';

/** As Linux 6.18 printed them, without the lines that every descriptor has. */
const EVENTFD = ['eventfd-count:             a05', 'eventfd-id: 2', 'eventfd-semaphore: 1'];
const SIGNALFD = ['sigmask:\t0000008000000001'];
const TIMERFD = ['clockid: 0', 'ticks: 3', 'settime flags: 01', 'it_value: (12, 34)', 'it_interval: (0, 300000000)'];
const EPOLL = [
  'tfd:        4 events:       19 data:     deadbeefcafe  pos:0 ino:12 sdev:10',
  'tfd:        3 events: c0000000 data: ffffffffffffffff  pos:0 ino:12 sdev:10',
];

// Made of the example in Documentation/filesystems/proc.rst; the second as of a file system without file handles.
const INOTIFY = [
  'pos:\t0',
  'inotify wd:1a ino:9e7e sdev:800013 mask:80000002 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:7e9e0000640d1b6d',
  'inotify wd:1 ino:12 sdev:10 mask:fce ignored_mask:0 ',
];

describe('the lines that only one kind of descriptor has', () => {
  it('tell the count of an eventfd, which is hexadecimal, and whether it is a semaphore', () => {
    expect(parseEventfd(EVENTFD)).toEqual({ count: 0xa05n, semaphore: true });
  });

  it('do not tell of semaphores before Linux 6.5', () => {
    expect(parseEventfd(EVENTFD.slice(0, 1)).semaphore).toBeUndefined();
  });

  it('tell the signals of a signalfd', () => {
    expect(parseSignalfd(SIGNALFD)).toBe((1n << 39n) | 1n);
  });

  it('tell clock, flags and times of a timer', () => {
    const expected = { clock: 0, ticks: 3n, setFlags: 1, valueNs: 12_000_000_034n, intervalNs: 300_000_000n };
    expect(parseTimerfd(TIMERFD)).toEqual(expected);
  });

  it('tell what an epoll instance watches', () => {
    expect(parseEpoll(EPOLL)).toEqual([
      { target: 4, events: 0x19, data: 0xdead_beef_cafen },
      { target: 3, events: 0xc000_0000, data: 0xffff_ffff_ffff_ffffn },
    ]);
    expect(parseEpoll([])).toEqual([]);
  });

  it('tell what an inotify instance watches, in hexadecimal, and leave the rest to be compared', () => {
    expect(parseInotify(INOTIFY)).toEqual([
      {
        wd: 0x1a,
        mask: 0x8000_0002,
        file: 'ino:9e7e sdev:800013 fhandle-bytes:8 fhandle-type:1 f_handle:7e9e0000640d1b6d',
      },
      { wd: 1, mask: 0xfce, file: 'ino:12 sdev:10' },
    ]);
  });

  it.each<[string, () => unknown]>([
    ['count', () => parseEventfd(['eventfd-count: 12x'])],
    ['set of signals', () => parseSignalfd([])],
    ['time', () => parseTimerfd([...TIMERFD.slice(0, 3), 'it_value: 12', ...TIMERFD.slice(4)])],
    ['watch', () => parseEpoll(['tfd: four'])],
    ['watched file', () => parseInotify(['inotify wd:1 ino:zz'])],
  ])('are refused when the %s is not there or no number', (_, parse) => {
    expect(parse).toThrow('PROC_UNPARSABLE');
  });
});
