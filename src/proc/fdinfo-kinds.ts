import { ElfreezeError } from '../base/errors.ts';
import type { EpollWatch } from '../snapshot/files/descriptors.ts';

/**
 * What /proc/PID/fdinfo/N says of one kind of file only. All take the lines that parseFdinfo leaves (`extra`) and throw
 * PROC_UNPARSABLE where one is missing. @source Documentation/filesystems/proc.rst 3.8
 */

const unparsable = (what: string): ElfreezeError => new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/fdinfo of ${what}`);

/** `name:   value`, with any white space. */
function find(extra: readonly string[], name: string): string | undefined {
  const line = extra.find((each) => each.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

function number(extra: readonly string[], kind: string, name: string, radix: 8 | 10 | 16): bigint {
  const text = find(extra, name) ?? '';
  const digits = { 8: /^[0-7]+$/, 10: /^\d+$/, 16: /^[0-9a-f]+$/ }[radix];
  if (!digits.test(text)) throw unparsable(`${kind} has no number as "${name}:"`);
  return BigInt(radix === 10 ? text : `${radix === 16 ? '0x' : '0o'}${text}`);
}

/** @source fs/eventfd.c eventfd_show_fdinfo. `semaphore` is undefined before Linux 6.5, which does not tell. */
export function parseEventfd(extra: readonly string[]): { count: bigint; semaphore: boolean | undefined } {
  const semaphore = find(extra, 'eventfd-semaphore');
  return {
    count: number(extra, 'eventfd', 'eventfd-count', 16),
    semaphore: semaphore === undefined ? undefined : semaphore !== '0',
  };
}

/** @source fs/signalfd.c signalfd_show_fdinfo: the signals that it takes; bit N−1 is signal N */
export const parseSignalfd = (extra: readonly string[]): bigint => number(extra, 'signalfd', 'sigmask', 16);

export interface TimerfdInfo {
  readonly clock: number;
  readonly ticks: bigint;
  readonly setFlags: number;
  readonly valueNs: bigint;
  readonly intervalNs: bigint;
}

/** @source fs/timerfd.c timerfd_show */
export function parseTimerfd(extra: readonly string[]): TimerfdInfo {
  const time = (name: string): bigint => {
    const [, seconds, nanoseconds] = /^\((\d+), (\d+)\)$/.exec(find(extra, name) ?? '') ?? [];
    if (seconds === undefined || nanoseconds === undefined) throw unparsable(`timerfd has no time as "${name}:"`);
    return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  };
  return {
    clock: Number(number(extra, 'timerfd', 'clockid', 10)),
    ticks: number(extra, 'timerfd', 'ticks', 10),
    setFlags: Number(number(extra, 'timerfd', 'settime flags', 8)),
    valueNs: time('it_value'),
    intervalNs: time('it_interval'),
  };
}

const WATCH = /^tfd:\s*(\d+) events:\s*([0-9a-f]+) data:\s*([0-9a-f]+)/;

/** In the order of the kernel's tree. @source fs/eventpoll.c ep_show_fdinfo */
export const parseEpoll = (extra: readonly string[]): EpollWatch[] =>
  extra.map((line) => {
    const [, target = '', events = '', data = ''] = WATCH.exec(line) ?? [];
    if (target === '') throw unparsable(`epoll says "${line}"`);
    return { target: Number(target), events: Number.parseInt(events, 16), data: BigInt(`0x${data}`) };
  });

export interface WatchInfo {
  readonly wd: number;
  /** IN_* events and, where the kernel tells, IN_ONESHOT and IN_EXCL_UNLINK. */
  readonly mask: number;
  /** What is watched, in the kernel's words: inode, device and, where it has one, file handle. */
  readonly file: string;
}

const INOTIFY =
  /^inotify wd:([0-9a-f]+) (ino:[0-9a-f]+ sdev:[0-9a-f]+) mask:([0-9a-f]+) ignored_mask:[0-9a-f]+\s*(.*)$/;

/** In the order of the kernel's list. Other lines are left out. @source fs/notify/fdinfo.c inotify_fdinfo */
export const parseInotify = (extra: readonly string[]): WatchInfo[] =>
  extra.flatMap((line) => {
    if (!line.startsWith('inotify ')) return [];
    const [, wd, place, mask, handle] = INOTIFY.exec(line) ?? [];
    if (wd === undefined || mask === undefined) throw unparsable(`inotify says "${line}"`);
    return [{ wd: Number.parseInt(wd, 16), mask: Number.parseInt(mask, 16), file: `${place} ${handle}`.trim() }];
  });
