import {
  type ByKind,
  callByKind,
  type DescriptorKind,
  type EpollWatch,
  type InetSocket,
  type InotifyWatch,
  type UnixSocket,
} from './descriptors.ts';
import { formatAddress } from './socket-address.ts';

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** EPOLLERR and EPOLLHUP, which whoever adds a watch cannot leave out. @source fs/eventpoll.c do_epoll_ctl */
const ALWAYS_WATCHED = 0x18;

const describeWatch = ({ target, events, data }: EpollWatch): string =>
  `${target} (events ${hex((events & ~ALWAYS_WATCHED) >>> 0)}, data ${hex(data)})`;

/** The file may have several paths. */
const describeInotifyWatch = ({ wd, mask, dev, inode }: InotifyWatch): string =>
  `${wd} (events ${hex(mask)}, device ${hex(dev)} inode ${inode})`;

const PROTOCOLS: Readonly<Record<number, string>> = { 6: 'TCP', 17: 'UDP', 136: 'UDP-Lite' };

/** A reset socket has whatever address it was reset at. */
function describeSocket(what: string, socket: InetSocket | UnixSocket): string {
  const { state, local, remote, backlog, shutdown, options } = socket;
  const settings = options.map(({ name, value }) => `, ${name} ${Buffer.from(value).toString('hex')}`).join('');
  if (state === 'reset') return `${what} socket, reset${settings}`;
  const shutText = shutdown === 0 ? '' : `, shut down ${shutdown}`;
  const backlogText = state === 'listening' ? ` for ${backlog}` : '';
  return `${what} socket, ${state}${backlogText}, ${formatAddress(local)} to ${formatAddress(remote)}${shutText}${settings}`;
}

/** What of a pipe a descriptor is. */
const ENDS = { read: 'read end', write: 'write end', both: 'both ends', none: 'neither end' } as const;

/** What a descriptor leads to, without what is new in each run: a pipe's inode, the caller's terminal, time that has passed. */
const WORDS: ByKind<[], string, DescriptorKind> = {
  stdio: () => "the caller's",
  file: ({ path, dev, inode }) => `file ${path} (device ${hex(dev)} inode ${inode})`,
  directory: ({ path, dev, inode }) => `directory ${path} (device ${hex(dev)} inode ${inode})`,
  // Another name and, where a memfd stands in for a file, another kind may be in their place.
  nameless: () => 'a file without a name',
  device: ({ path, rdev }) => `device ${path} (${hex(rdev)})`,
  tty: () => 'the controlling terminal',
  ptmx: ({ settings, window, locked, packet, hungUp }) =>
    `master of a pseudo-terminal (settings ${Buffer.from(settings).toString('hex')}, window ${Buffer.from(window).toString('hex')}${locked ? ', locked' : ''}${packet ? ', in packet mode' : ''}${hungUp ? ', hung up' : ''})`,
  pts: () => 'slave of a pseudo-terminal',
  path: ({ path }) => `whatever is at ${path}`,
  proc: ({ path }) => `file of procfs ${path}`,
  fifo: ({ path, dev, inode, capacity }) => `FIFO ${path} of ${capacity} bytes (device ${hex(dev)} inode ${inode})`,
  pipe: ({ end, capacity }) => `${ENDS[end]} of a pipe of ${capacity} bytes`,
  eventfd: ({ count, semaphore }) => `eventfd with count ${count}${semaphore ? ', a semaphore' : ''}`,
  signalfd: ({ mask }) => `signalfd of signals ${hex(mask)}`,
  timerfd: ({ clock, setFlags, intervalNs, valueNs, ticks }) =>
    `timerfd of clock ${clock}, ${valueNs > 0n || ticks > 0n ? `set with flags ${setFlags}` : 'disarmed'}, every ${intervalNs} ns`,
  epoll: ({ watches }) => `epoll of ${watches.map(describeWatch).join(', ') || 'nothing'}`,
  inotify: ({ watches }) => `inotify of ${watches.map(describeInotifyWatch).join(', ') || 'nothing'}`,
  inet: (socket) => describeSocket(PROTOCOLS[socket.protocol] ?? `protocol ${socket.protocol}`, socket),
  unix: (socket) =>
    `${describeSocket(`UNIX type ${socket.type}`, socket)}, ${socket.peer === 0n ? '' : 'of a pair, '}mode ${socket.mode.toString(8)}${socket.unlinked ? ', its file removed' : ''}`,
};

export const describeKind = (kind: DescriptorKind): string => callByKind(WORDS, kind);
