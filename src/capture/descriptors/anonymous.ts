import { parseEventfd, parseSignalfd, parseTimerfd } from '../../proc/fdinfo-kinds.ts';
import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { describeEpoll } from './epoll.ts';
import { describeInotify } from './inotify.ts';
import { ASYNCHRONOUS_IO_HINT } from '../process/asynchronous-io.ts';
import { refuse, refuseOutside } from './refuse.ts';
import { type DescriptorState, INOTIFY } from './state.ts';

const IO_URING = 'anon_inode:[io_uring]';
/** It leads to a process. */
const PIDFD = 'anon_inode:[pidfd]';

/** By where the descriptor's link leads. */
const ANONYMOUS: Readonly<Record<string, (state: DescriptorState, pid: number) => DescriptorKind>> = {
  'anon_inode:[eventfd]': describeEventfd,
  'anon_inode:[signalfd]': ({ info }) => ({ kind: 'signalfd', mask: parseSignalfd(info.extra) }),
  'anon_inode:[timerfd]': describeTimerfd,
  'anon_inode:[eventpoll]': describeEpoll,
  [INOTIFY]: describeInotify,
};

/** @throws UNSUPPORTED naming what cannot be carried */
export function describeAnonymous(state: DescriptorState, pid: number): DescriptorKind {
  const row = ANONYMOUS[state.link];
  if (row) return row(state, pid);
  if (state.link === PIDFD) refuseOutside(state.fd, state.link);
  if (state.link === IO_URING) refuse(state.fd, state.link, { hint: ASYNCHRONOUS_IO_HINT });
  refuse(state.fd, state.link);
}

function describeEventfd({ fd, link, info }: DescriptorState): DescriptorKind {
  const { count, semaphore } = parseEventfd(info.extra);
  if (semaphore === undefined) refuse(fd, `${link}, of which Linux before 6.5 does not tell whether it is a semaphore`);
  return { kind: 'eventfd', count, semaphore };
}

/** Clocks that a timer can be set to a time of day of. @source include/uapi/linux/time.h */
const TIME_OF_DAY = [0, 8]; // CLOCK_REALTIME, CLOCK_REALTIME_ALARM
const ALARM_CLOCKS = [8, 9];
const TFD_TIMER_ABSTIME = 1;

function describeTimerfd({ fd, link, info, readAtNs = 0n }: DescriptorState): DescriptorKind {
  const timer = parseTimerfd(info.extra);
  if (ALARM_CLOCKS.includes(timer.clock)) refuse(fd, `${link} that wakes the machine up`);
  const isDate = (timer.setFlags & TFD_TIMER_ABSTIME) !== 0 && TIME_OF_DAY.includes(timer.clock);
  const deadlineNs = isDate && timer.valueNs > 0n ? readAtNs + timer.valueNs : 0n;
  return { kind: 'timerfd', ...timer, deadlineNs };
}
