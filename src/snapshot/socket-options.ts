/**
 * Options of a socket that an image puts back when they are not what a new socket has.
 * @source include/uapi/asm-generic/socket.h, include/uapi/linux/{in,in6,tcp}.h; socket(7), ip(7), ipv6(7), tcp(7)
 * - `of` the sockets that have it: all, those of a protocol, or of an address family
 * - `halved` the kernel doubles what it is given, and only a size that was asked for stays
 */
export interface SocketOptionRow {
  readonly name: string;
  readonly level: number;
  readonly option: number;
  readonly of: 'any' | 'inet' | 'inet6' | 'tcp' | 'udp' | 'udp6';
  readonly halved?: { readonly lock: number };
}

const SOL_SOCKET = 1;
const IP = 0;
const TCP = 6;
const IPV6 = 41;

export const SOCKET_OPTIONS: readonly SocketOptionRow[] = [
  { name: 'SO_REUSEADDR', level: SOL_SOCKET, option: 2, of: 'any' },
  { name: 'SO_DONTROUTE', level: SOL_SOCKET, option: 5, of: 'any' },
  { name: 'SO_BROADCAST', level: SOL_SOCKET, option: 6, of: 'any' },
  { name: 'SO_SNDBUF', level: SOL_SOCKET, option: 7, of: 'any', halved: { lock: 1 } },
  { name: 'SO_RCVBUF', level: SOL_SOCKET, option: 8, of: 'any', halved: { lock: 2 } },
  { name: 'SO_KEEPALIVE', level: SOL_SOCKET, option: 9, of: 'any' },
  { name: 'SO_OOBINLINE', level: SOL_SOCKET, option: 10, of: 'any' },
  { name: 'SO_PRIORITY', level: SOL_SOCKET, option: 12, of: 'any' },
  { name: 'SO_LINGER', level: SOL_SOCKET, option: 13, of: 'any' },
  { name: 'SO_REUSEPORT', level: SOL_SOCKET, option: 15, of: 'any' },
  { name: 'SO_PASSCRED', level: SOL_SOCKET, option: 16, of: 'any' },
  { name: 'SO_RCVLOWAT', level: SOL_SOCKET, option: 18, of: 'any' },
  { name: 'SO_BINDTODEVICE', level: SOL_SOCKET, option: 25, of: 'inet' },
  { name: 'SO_TIMESTAMP_OLD', level: SOL_SOCKET, option: 29, of: 'any' },
  { name: 'SO_PASSSEC', level: SOL_SOCKET, option: 34, of: 'any' },
  { name: 'SO_TIMESTAMPNS_OLD', level: SOL_SOCKET, option: 35, of: 'any' },
  { name: 'SO_MARK', level: SOL_SOCKET, option: 36, of: 'any' },
  { name: 'SO_RXQ_OVFL', level: SOL_SOCKET, option: 40, of: 'any' },
  { name: 'SO_PEEK_OFF', level: SOL_SOCKET, option: 42, of: 'any' },
  { name: 'SO_BUSY_POLL', level: SOL_SOCKET, option: 46, of: 'any' },
  { name: 'SO_ZEROCOPY', level: SOL_SOCKET, option: 60, of: 'any' },
  { name: 'SO_RCVTIMEO_NEW', level: SOL_SOCKET, option: 66, of: 'any' },
  { name: 'SO_SNDTIMEO_NEW', level: SOL_SOCKET, option: 67, of: 'any' },
  { name: 'IP_TOS', level: IP, option: 1, of: 'inet' },
  { name: 'IP_TTL', level: IP, option: 2, of: 'inet' },
  { name: 'IP_PKTINFO', level: IP, option: 8, of: 'inet' },
  { name: 'IP_MTU_DISCOVER', level: IP, option: 10, of: 'inet' },
  { name: 'IP_RECVERR', level: IP, option: 11, of: 'inet' },
  { name: 'IP_RECVTTL', level: IP, option: 12, of: 'inet' },
  { name: 'IP_RECVTOS', level: IP, option: 13, of: 'inet' },
  { name: 'IP_FREEBIND', level: IP, option: 15, of: 'inet' },
  { name: 'IP_TRANSPARENT', level: IP, option: 19, of: 'inet' },
  { name: 'IP_MULTICAST_IF', level: IP, option: 32, of: 'udp' },
  { name: 'IP_MULTICAST_TTL', level: IP, option: 33, of: 'udp' },
  { name: 'IP_MULTICAST_LOOP', level: IP, option: 34, of: 'udp' },
  { name: 'IPV6_UNICAST_HOPS', level: IPV6, option: 16, of: 'inet6' },
  { name: 'IPV6_MULTICAST_IF', level: IPV6, option: 17, of: 'udp6' },
  { name: 'IPV6_MULTICAST_HOPS', level: IPV6, option: 18, of: 'udp6' },
  { name: 'IPV6_MULTICAST_LOOP', level: IPV6, option: 19, of: 'udp6' },
  { name: 'IPV6_MTU_DISCOVER', level: IPV6, option: 23, of: 'inet6' },
  { name: 'IPV6_RECVERR', level: IPV6, option: 25, of: 'inet6' },
  { name: 'IPV6_V6ONLY', level: IPV6, option: 26, of: 'inet6' },
  { name: 'IPV6_RECVPKTINFO', level: IPV6, option: 49, of: 'inet6' },
  { name: 'IPV6_RECVHOPLIMIT', level: IPV6, option: 51, of: 'inet6' },
  { name: 'IPV6_RECVTCLASS', level: IPV6, option: 66, of: 'inet6' },
  { name: 'IPV6_TCLASS', level: IPV6, option: 67, of: 'inet6' },
  { name: 'TCP_NODELAY', level: TCP, option: 1, of: 'tcp' },
  { name: 'TCP_CORK', level: TCP, option: 3, of: 'tcp' },
  { name: 'TCP_KEEPIDLE', level: TCP, option: 4, of: 'tcp' },
  { name: 'TCP_KEEPINTVL', level: TCP, option: 5, of: 'tcp' },
  { name: 'TCP_KEEPCNT', level: TCP, option: 6, of: 'tcp' },
  { name: 'TCP_SYNCNT', level: TCP, option: 7, of: 'tcp' },
  { name: 'TCP_LINGER2', level: TCP, option: 8, of: 'tcp' },
  { name: 'TCP_DEFER_ACCEPT', level: TCP, option: 9, of: 'tcp' },
  { name: 'TCP_WINDOW_CLAMP', level: TCP, option: 10, of: 'tcp' },
  { name: 'TCP_CONGESTION', level: TCP, option: 13, of: 'tcp' },
  { name: 'TCP_USER_TIMEOUT', level: TCP, option: 18, of: 'tcp' },
  { name: 'TCP_FASTOPEN', level: TCP, option: 23, of: 'tcp' },
];
