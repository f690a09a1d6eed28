import { type Fdinfo, parseFdinfo } from '../../proc/fdinfo.ts';
import { settleTimer, waitingIn, withDescriptor } from '../../sys/borrowed.ts';
import type { FileStat } from '../../sys/files.ts';
import { realTimeNs } from '../../sys/linux.ts';
import { procLink, procList, procStat, procText } from '../../sys/procfs.ts';
import { parseTimerfd } from '../../proc/fdinfo-kinds.ts';
import { isPts, masterIndex } from './pty-names.ts';
import { type PtyState, readPty } from '../../sys/terminals.ts';
import { SocketReader, type SocketState } from './socket-state.ts';

/** What is only true while the process stands still: position, flags and counters of each descriptor. */
export interface DescriptorState {
  readonly fd: number;
  readonly link: string;
  /** Of the open file, wherever the path leads by now. */
  readonly stat: FileStat;
  readonly info: Fdinfo;
  /** Of a timer only, the time of day when it was looked at: nanoseconds since 1970. */
  readonly readAtNs?: bigint;
  /** Of a socket only. */
  readonly socket?: SocketState;
  /** Of the master of a pseudo-terminal only. */
  readonly pty?: PtyState;
  /** Bytes that can be read, of both ends of a pseudo-terminal and of inotify only. */
  readonly waiting?: number;
  /** Of a nameless UNIX socket only: descriptors or credentials wait in it. */
  readonly hasRights?: boolean;
}

const O_PATH = 0o10000000;
/** It leads to the file and does nothing else with it. */
export const isPathOnly = ({ flags }: Fdinfo): boolean => (flags & O_PATH) !== 0;

export const INOTIFY = 'anon_inode:inotify';
const TIMERFD = 'anon_inode:[timerfd]';
/** A timer whose interval is so short that it has expired whenever it is looked at is taken as it is. */
const TIMER_TRIES = 100;

export function readDescriptorState(pid: number): DescriptorState[] {
  const sockets = new SocketReader(pid);
  return procList(pid, 'fd')
    .map(Number)
    .sort((a, b) => a - b)
    .map((fd) => readOne(pid, fd, sockets));
}

function readOne(pid: number, fd: number, sockets: SocketReader): DescriptorState {
  const link = procLink(pid, `fd/${fd}`);
  const info = parseFdinfo(procText(pid, `fdinfo/${fd}`));
  const state = { fd, link, stat: procStat(pid, `fd/${fd}`), info };
  if (state.stat.isFile()) return state;
  return {
    ...state,
    ...(link === TIMERFD ? { info: settledTimer(pid, fd, info), readAtNs: realTimeNs() } : {}),
    ...(masterIndex(info) === undefined ? {} : { pty: readPty(pid, fd) }),
    ...(masterIndex(info) !== undefined || isPts(link) || link === INOTIFY ? { waiting: waitingIn(pid, fd) } : {}),
    ...(link.startsWith('socket:') ? { socket: sockets.read(fd, BigInt(link.slice('socket:['.length, -1))) } : {}),
  };
}

/**
 * A periodic timer that has expired stands still until somebody reads it, and only asking it for the time left lets it count
 * what it missed. @source fs/timerfd.c do_timerfd_gettime
 */
function settledTimer(pid: number, fd: number, first: Fdinfo): Fdinfo {
  let info = first;
  for (let tries = 0; tries < TIMER_TRIES; tries++) {
    const { valueNs, intervalNs } = parseTimerfd(info.extra);
    if (valueNs > 0n || intervalNs === 0n) break;
    withDescriptor(pid, fd, settleTimer);
    info = parseFdinfo(procText(pid, `fdinfo/${fd}`));
  }
  return info;
}
