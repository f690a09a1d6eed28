import { closeSync, fstatSync, openSync } from 'node:fs';
import { encodeInetDiag, type InetDiagnosis, parseInetDiag } from '../proc/inet-diag.ts';
import { encodeUnixDiag, parseUnixDiag, type UnixDiagnosis } from '../proc/unix-diag.ts';
import { ElfreezeError } from '../base/errors.ts';
import { FIONREAD } from './borrowed.ts';
import { type FileStat, linkOf } from './files.ts';
import { addressOf, ERRNO, errnoName, mustSyscall, syscall, type SyscallArg } from './linux.ts';
import { procLink } from './procfs.ts';

const CLONE_NEWNET = 0x4000_0000;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const MSG = { OOB: 1, CTRUNC: 8, PEEK: 2, DONTWAIT: 0x40, TRUNC: 0x20 } as const;
const SOL_SOCKET = 1;
const SO_PEEK_OFF = 42;
const SO_GET_FILTER = 26;
/** More than any option or address has. */
const ROOM = 128;
const MAX_PACKET = 4 << 20;
/** The kernel puts no more into one answer. @source net/netlink/af_netlink.c netlink_dump */
const MAX_ANSWER = 32 << 10;
/** @source struct user_msghdr, x86-64 */
const MSGHDR = { size: 56, vector: 16, vectorLength: 24, flags: 48 } as const;

/**
 * What a UNIX socket is connected to.
 * @param pid whose network namespace it is in
 * @returns undefined when it is of a namespace that we may not look into
 */
export function diagnoseUnix(pid: number, inode: bigint): UnixDiagnosis | undefined {
  return withDiagnosis(pid, encodeUnixDiag(inode), (receive) => {
    const answer = receive();
    return answer && parseUnixDiag(answer);
  });
}

/**
 * The sockets of one family and protocol that are bound to a port.
 * @param pid whose network namespace they are in
 * @returns none when that may not be looked into, or the kernel has no udp_diag
 */
export const diagnoseInet = (pid: number, family: number, protocol: number): InetDiagnosis[] =>
  withDiagnosis(pid, encodeInetDiag(family, protocol), (receive) => {
    const all: InetDiagnosis[] = [];
    for (;;) {
      const answer = receive();
      if (!answer) return undefined;
      const { sockets, complete, failed } = parseInetDiag(answer);
      if (failed) return undefined;
      for (const socket of sockets) all.push(socket);
      if (complete) return all;
    }
  }) ?? [];

/** Asks sock_diag(7) in the network namespace of a process. @param use reads the answers, one datagram at a time */
function withDiagnosis<T>(
  pid: number,
  request: Uint8Array,
  use: (receive: () => Uint8Array | undefined) => T,
): T | undefined {
  const netlink = inNetworkOf(pid, () => must('socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (netlink === undefined) return undefined;
  try {
    if (syscall('sendto', netlink, request, request.length, 0, 0, 0) < 0) return undefined;
    const answer = new Uint8Array(MAX_ANSWER);
    return use(() => {
      const length = syscall('recvfrom', netlink, answer, answer.length, 0, 0, 0);
      return length < 0 ? undefined : answer.slice(0, length);
    });
  } finally {
    closeSync(netlink);
  }
}

/**
 * What `use` makes belongs to the network namespace of a process. Only the calling thread enters it, and leaves it again.
 * @returns undefined where that is not allowed @source setns(2)
 */
function inNetworkOf<T>(pid: number, use: () => T): T | undefined {
  const name = (of: number | 'self'): string => `/proc/${of}/ns/net`;
  if (linkOf(name(pid)) === linkOf(name('self'))) return use();
  const [ours, theirs] = [openSync(name('self'), 'r'), openSync(name(pid), 'r')];
  try {
    if (syscall('setns', theirs, CLONE_NEWNET) < 0) return undefined;
    try {
      return use();
    } finally {
      must('setns', ours, CLONE_NEWNET);
    }
  } finally {
    for (const fd of [ours, theirs]) closeSync(fd);
  }
}

const must = (name: Parameters<typeof syscall>[0], ...args: SyscallArg[]): number =>
  mustSyscall('SYSCALL_FAILED', name, name, ...args);

/** @returns undefined when the socket has no such option */
export function socketOption(fd: number, level: number, option: number): Uint8Array | undefined {
  const value = new Uint8Array(ROOM);
  const length = Uint32Array.of(ROOM);
  const result = syscall('getsockopt', fd, level, option, value, new Uint8Array(length.buffer));
  return result < 0 ? undefined : value.slice(0, length[0]);
}

export function socketNumber(fd: number, level: number, option: number): number {
  const value = socketOption(fd, level, option);
  return value && value.length >= 4 ? Buffer.from(value).readInt32LE(0) : 0;
}

/**
 * Whether packets are filtered, by a program of either BPF. The length of the option counts instructions, so that none fit here; of
 * an eBPF program the kernel says only that it has one. @source net/core/filter.c sk_get_filter
 */
export function hasPacketFilter(fd: number): boolean {
  const length = Uint32Array.of(0);
  const result = syscall('getsockopt', fd, SOL_SOCKET, SO_GET_FILTER, 0, new Uint8Array(length.buffer));
  return result < 0 ? result === -(ERRNO['EACCES'] ?? 0) : length[0] !== 0;
}

/** A struct sockaddr as long as it is; empty when there is none. */
export function socketName(fd: number, which: 'getsockname' | 'getpeername'): Uint8Array {
  const name = new Uint8Array(ROOM);
  const length = Uint32Array.of(ROOM);
  const result = syscall(which, fd, name, new Uint8Array(length.buffer));
  return result < 0 ? new Uint8Array(0) : name.slice(0, length[0]);
}

/** The poll(2) events that hold now. */
export function polled(fd: number, events: number): number {
  const wanted = Buffer.alloc(8);
  wanted.writeInt32LE(fd, 0);
  wanted.writeInt16LE(events, 4);
  must('poll', wanted, 1, 0);
  return wanted.readUInt16LE(6);
}

/** @source include/uapi/linux/un.h, Linux 4.13 */
const SIOCUNIXFILE = 0x89e0;

/**
 * The file that a UNIX socket is bound to, wherever it is by now, and the path that it has.
 * @returns undefined where that may not be asked, which takes CAP_NET_ADMIN
 */
export function boundFile(own: number): { stat: FileStat; path: string } | undefined {
  const file = syscall('ioctl', own, SIOCUNIXFILE, 0);
  if (file < 0) return undefined;
  try {
    return { stat: fstatSync(file, { bigint: true }), path: procLink(process.pid, `fd/${file}`) };
  } finally {
    closeSync(file);
  }
}

/** Bytes that can be read; of a datagram socket those of the next datagram. */
export function readableBytes(fd: number): number {
  const count = new Int32Array(1);
  must('ioctl', fd, FIONREAD, new Uint8Array(count.buffer));
  return count[0] ?? 0;
}

/** @param use gets the descriptor of a new socket of that kind */
export function withNewSocket<T>(domain: number, type: number, protocol: number, use: (fd: number) => T): T {
  const fd = must('socket', domain, type | SOCK_CLOEXEC, protocol);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

export interface Peeked {
  /** Oldest first; of a stream all in one. */
  readonly packets: Uint8Array[];
  /** Descriptors or credentials travel with one of them. */
  readonly ancillary: boolean;
}

/** Whether a byte waits that was sent out of band (MSG_OOB), which is not among the others. @since Linux 5.15 */
export const hasUrgentByte = (fd: number): boolean =>
  syscall('recvfrom', fd, new Uint8Array(1), 1, MSG.OOB | MSG.PEEK | MSG.DONTWAIT, 0, 0) > 0;

/** What waits in a UNIX socket, left in place. A stream is read in one go, packets one by one: by an offset that is put back. */
export function peekSocket(fd: number, isStream: boolean): Peeked {
  const before = socketNumber(fd, SOL_SOCKET, SO_PEEK_OFF);
  const setOffset = (offset: number): number =>
    must('setsockopt', fd, SOL_SOCKET, SO_PEEK_OFF, new Uint8Array(Int32Array.of(offset).buffer), 4);
  setOffset(0);
  try {
    const packets: Uint8Array[] = [];
    for (let ancillary = false; ;) {
      const next = peekOne(fd);
      if (!next) return { packets, ancillary };
      packets.push(next.bytes);
      ancillary ||= next.ancillary;
      if (isStream) return { packets, ancillary };
    }
  } finally {
    setOffset(before);
  }
}

/** The last two of a stream, or packets in order, without a connection. @source net/unix/af_unix.c unix_stream_read_generic, unix_seqpacket_recvmsg */
const NOTHING_WAITS = ['EAGAIN', 'EINVAL', 'ENOTCONN'];

/**
 * recvmsg(2) without room for control data: what does not fit is said in the flags, and no descriptor is made of it.
 * @returns undefined when nothing waits
 */
function peekOne(fd: number): { bytes: Uint8Array; ancillary: boolean } | undefined {
  const bytes = Buffer.allocUnsafeSlow(MAX_PACKET);
  const vector = new Uint8Array(new BigUint64Array([addressOf(bytes), BigInt(MAX_PACKET)]).buffer);
  const message = Buffer.alloc(MSGHDR.size);
  message.writeBigUInt64LE(addressOf(vector), MSGHDR.vector);
  message.writeBigUInt64LE(1n, MSGHDR.vectorLength);
  const length = syscall('recvmsg', fd, message, MSG.PEEK | MSG.DONTWAIT);
  if (NOTHING_WAITS.some((name) => length === -(ERRNO[name] ?? 0)) || (length === 0 && isAtEnd(fd))) return undefined;
  if (length < 0) throw new ElfreezeError('READ_FAILED', `what waits in a socket: ${errnoName(-length)}`);
  const flags = message.readUInt32LE(MSGHDR.flags);
  if (flags & MSG.TRUNC || length === MAX_PACKET)
    throw new ElfreezeError('UNSUPPORTED', `a socket in which ${MAX_PACKET} bytes or more wait`);
  return { bytes: Uint8Array.from(bytes.subarray(0, length)), ancillary: (flags & MSG.CTRUNC) !== 0 };
}

const POLLRDHUP = 0x2000;
/** Nothing is received any more, so that reading nothing is the end and no empty packet. */
const isAtEnd = (fd: number): boolean => (polled(fd, POLLRDHUP) & POLLRDHUP) !== 0;
