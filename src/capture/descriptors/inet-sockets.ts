import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { describeSocket } from './sockets.ts';
import type { DescriptorContext } from './context.ts';
import { refuse, refuseOutside } from './refuse.ts';
import type { DescriptorState } from './state.ts';
import type { SocketState } from './socket-state.ts';

const SOCK = { STREAM: 1, DGRAM: 2 } as const;
const PROTOCOL = { TCP: 6, UDP: 17 } as const;
/** @source include/net/tcp_states.h */
const TCP_CLOSE = 7;
/** Where struct tcp_info has, of a listening socket, how many connections wait and may wait. @source net/ipv4/tcp.c tcp_get_info */
const TCP_INFO = { state: 0, waiting: 24, backlog: 28 } as const;

export function describeInet(seen: DescriptorState, socket: SocketState, context: DescriptorContext): DescriptorKind {
  const name = (): string => describeSocket(context.pid, seen.stat.ino);
  if (socket.hasFilter) refuse(seen.fd, `${name()} with a packet filter`);
  if (socket.type === SOCK.DGRAM && socket.protocol === PROTOCOL.UDP) return describeUdp(seen, socket, name);
  if (socket.type === SOCK.STREAM && socket.protocol === PROTOCOL.TCP) return describeTcp(seen, socket, context, name);
  refuse(seen.fd, name());
}

const common = ({ stat }: DescriptorState, { domain, type, protocol, local, remote, options }: SocketState) => ({
  kind: 'inet' as const,
  inode: stat.ino,
  domain,
  type,
  protocol,
  local,
  remote,
  shutdown: 0,
  options,
});

function describeUdp(seen: DescriptorState, socket: SocketState, name: () => string): DescriptorKind {
  if (socket.readable > 0) refuse(seen.fd, `${name()}, in which a datagram waits`);
  if (socket.hasError) refuse(seen.fd, `${name()} with an error that was not read`);
  if (socket.unsent > 0) refuse(seen.fd, `${name()}, in which a datagram waits to be sent`);
  return { ...common(seen, socket), state: 'open', backlog: 0, shutdown: socket.shutdown };
}

function describeTcp(
  seen: DescriptorState,
  socket: SocketState,
  { tcp }: DescriptorContext,
  name: () => string,
): DescriptorKind {
  const info = Buffer.from(socket.tcp);
  if (socket.isListening) {
    if (info.readUInt32LE(TCP_INFO.waiting) > 0 && tcp !== 'close')
      refuse(seen.fd, `${name()}, to which connections wait that were not accepted`);
    return { ...common(seen, socket), state: 'listening', backlog: info.readUInt32LE(TCP_INFO.backlog) };
  }
  if (info.readUInt8(TCP_INFO.state) === TCP_CLOSE && !socket.isEnded && !socket.hasError)
    return { ...common(seen, socket), state: 'open', backlog: 0 };
  if (tcp === 'close') return { ...common(seen, socket), state: 'reset', backlog: 0 };
  refuseOutside(seen.fd, `${name()}, a connection (--tcp=close lets the program see it reset)`);
}
