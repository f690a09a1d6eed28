import { type ByKind, callByKind, type DescriptorKind, type EpollWatch } from './descriptors.ts';

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** EPOLLERR and EPOLLHUP, which whoever adds a watch cannot leave out. @source fs/eventpoll.c do_epoll_ctl */
const ALWAYS_WATCHED = 0x18;

const describeWatch = ({ target, events, data }: EpollWatch): string =>
  `${target} (events ${hex((events & ~ALWAYS_WATCHED) >>> 0)}, data ${hex(data)})`;

/** What a descriptor leads to, without what is new in each run: a pipe's inode, the caller's terminal, time that has passed. */
const WORDS: ByKind<[], string, DescriptorKind> = {
  stdio: () => "the caller's",
  file: ({ path, dev, inode }) => `file ${path} (device ${hex(dev)} inode ${inode})`,
  directory: ({ path, dev, inode }) => `directory ${path} (device ${hex(dev)} inode ${inode})`,
  device: ({ path, rdev }) => `device ${path} (${hex(rdev)})`,
  tty: () => 'the controlling terminal',
  pipe: ({ end, capacity }) => `${end} end of a pipe of ${capacity} bytes`,
  eventfd: ({ count, semaphore }) => `eventfd with count ${count}${semaphore ? ', a semaphore' : ''}`,
  signalfd: ({ mask }) => `signalfd of signals ${hex(mask)}`,
  timerfd: ({ clock, setFlags, intervalNs, valueNs, ticks }) =>
    `timerfd of clock ${clock}, ${valueNs > 0n || ticks > 0n ? `set with flags ${setFlags}` : 'disarmed'}, every ${intervalNs} ns`,
  epoll: ({ watches }) => `epoll of ${watches.map(describeWatch).join(', ') || 'nothing'}`,
};

export const describeKind = (kind: DescriptorKind): string => callByKind(WORDS, kind);
