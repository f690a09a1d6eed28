import { SOCKET_OPTIONS, type SocketOptionRow } from '../../snapshot/socket-options.ts';
import type { SocketOption } from '../../snapshot/snapshot.ts';
import { withDescriptor } from '../../sys/borrowed.ts';
import * as sys from '../../sys/sockets.ts';

const SOL_SOCKET = 1;
const SO = { TYPE: 3, ATTACH_FILTER: 26, ACCEPTCONN: 30, PROTOCOL: 38, DOMAIN: 39, BUF_LOCK: 72 } as const;
const AF = { unix: 1, inet: 2, inet6: 10 } as const;
const FAMILIES: readonly number[] = Object.values(AF);
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const POLL = { ERR: 8, RDHUP: 0x2000 } as const;

/** What a socket tells whoever has a descriptor for it. */
export interface SocketState {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly isListening: boolean;
  readonly hasFilter: boolean;
  readonly hasError: boolean;
  /** Nothing is received any more. */
  readonly isEnded: boolean;
  readonly readable: number;
  /** struct tcp_info; empty for others. */
  readonly tcp: Uint8Array;
  readonly options: readonly SocketOption[];
}

/** Two descriptors of a process may be the same socket: it is asked by each. */
export const readSocketState = (pid: number, fd: number): SocketState =>
  withDescriptor(pid, fd, (own) => {
    const number = (option: number): number => sys.socketNumber(own, SOL_SOCKET, option);
    const [domain, type, protocol] = [number(SO.DOMAIN), number(SO.TYPE), number(SO.PROTOCOL)];
    const isListening = number(SO.ACCEPTCONN) !== 0;
    const events = sys.polled(own, POLL.RDHUP);
    const isKnown = FAMILIES.includes(domain);
    const isTcp = protocol === IPPROTO_TCP;
    return {
      domain,
      type,
      protocol,
      local: sys.socketName(own, 'getsockname'),
      remote: sys.socketName(own, 'getpeername'),
      isListening,
      hasFilter: (sys.socketOption(own, SOL_SOCKET, SO.ATTACH_FILTER)?.length ?? 0) > 0,
      hasError: (events & POLL.ERR) !== 0,
      isEnded: (events & POLL.RDHUP) !== 0,
      readable: isListening || !isKnown ? 0 : sys.readableBytes(own),
      tcp: isTcp ? (sys.socketOption(own, IPPROTO_TCP, TCP_INFO) ?? new Uint8Array(0)) : new Uint8Array(0),
      options: isKnown ? changedOptions(own, domain, type, protocol) : [],
    };
  });

const IPPROTO_UDP = 17;
const APPLIES: Readonly<Record<SocketOptionRow['of'], (domain: number, protocol: number) => boolean>> = {
  any: () => true,
  inet: (domain) => domain !== AF.unix,
  inet6: (domain) => domain === AF.inet6,
  tcp: (_, protocol) => protocol === IPPROTO_TCP,
  udp: (_, protocol) => protocol === IPPROTO_UDP,
  udp6: (domain, protocol) => domain === AF.inet6 && protocol === IPPROTO_UDP,
};

/** Options that are not as a new socket has them. */
function changedOptions(own: number, domain: number, type: number, protocol: number): SocketOption[] {
  const locked = sys.socketOption(own, SOL_SOCKET, SO.BUF_LOCK);
  return sys.withNewSocket(domain, type, protocol, (fresh) =>
    SOCKET_OPTIONS.flatMap((row) => {
      const { name, level, option, halved } = row;
      if (!APPLIES[row.of](domain, protocol)) return [];
      // A size that the kernel chose by itself, it chooses again. Linux before 5.14 does not tell.
      if (halved && locked && ((locked[0] ?? 0) & halved.lock) === 0) return [];
      const [value, usual] = [sys.socketOption(own, level, option), sys.socketOption(fresh, level, option)];
      if (!value || !usual || Buffer.from(value).equals(usual)) return [];
      return [{ name, value }];
    }),
  );
}
