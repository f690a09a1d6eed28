import type { InetDiagnosis } from '../../proc/inet-diag.ts';
import type { SocketOption } from '../../snapshot/files/descriptors.ts';
import { withDescriptor } from '../../sys/borrowed.ts';
import * as sys from '../../sys/sockets.ts';
import { changedOptions, type OptionValues, optionValues, type SocketType } from './socket-values.ts';

const SOL_SOCKET = 1;
const SO = { TYPE: 3, ACCEPTCONN: 30, PROTOCOL: 38, DOMAIN: 39 } as const;
const AF = { unix: 1, inet: 2, inet6: 10 } as const;
const FAMILIES: readonly number[] = Object.values(AF);
const IPPROTO = { tcp: 6, udp: 17 } as const;
const TCP_INFO = 11;
const POLL = { ERR: 8, HUP: 0x10, RDHUP: 0x2000 } as const;
/** @source include/net/sock.h */
const SHUTDOWN = { none: 0, received: 1, both: 3 } as const;

/** What a socket reports to whoever has a descriptor for it. */
export interface SocketState extends SocketType {
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly isListening: boolean;
  readonly hasFilter: boolean;
  readonly hasError: boolean;
  /** Nothing is received any more. */
  readonly isEnded: boolean;
  /** Of UDP. 1: nothing more is received, 2: nothing more can be sent. */
  readonly shutdown: number;
  /** Of UDP: bytes that have not left yet. */
  readonly unsent: number;
  readonly readable: number;
  /** struct tcp_info; empty for others. */
  readonly tcp: Uint8Array;
  readonly options: readonly SocketOption[];
}

/** Reads the sockets of one process. What they are compared with is asked for once, not for each. */
export class SocketReader {
  private readonly pid: number;
  private readonly usual = new Map<string, OptionValues>();
  private readonly diagnosed = new Map<number, ReadonlyMap<bigint, InetDiagnosis>>();

  constructor(pid: number) {
    this.pid = pid;
  }

  /** Two descriptors of a process may be the same socket: it is asked by each. */
  read(fd: number, inode: bigint): SocketState {
    return withDescriptor(this.pid, fd, (own) => {
      const number = (option: number): number => sys.socketNumber(own, SOL_SOCKET, option);
      const kind = { domain: number(SO.DOMAIN), type: number(SO.TYPE), protocol: number(SO.PROTOCOL) };
      const isListening = number(SO.ACCEPTCONN) !== 0;
      const events = sys.polled(own, POLL.RDHUP);
      const isKnown = FAMILIES.includes(kind.domain);
      const isTcp = kind.protocol === IPPROTO.tcp;
      const remote = sys.socketName(own, 'getpeername');
      const isEnded = (events & POLL.RDHUP) !== 0;
      return {
        ...kind,
        local: sys.socketName(own, 'getsockname'),
        remote,
        isListening,
        hasFilter: sys.hasPacketFilter(own),
        hasError: (events & POLL.ERR) !== 0,
        isEnded,
        ...this.udpState(kind, inode, events),
        readable: isListening || !isKnown ? 0 : sys.readableBytes(own),
        tcp: isTcp ? (sys.socketOption(own, IPPROTO.tcp, TCP_INFO) ?? new Uint8Array(0)) : new Uint8Array(0),
        options: isKnown ? changedOptions(own, kind, this.usualOf(kind), isEnded || remote.length > 0) : [],
      };
    });
  }

  /** poll(2) does not report that nothing more can be sent; the table of the network namespace does, of what has a port. */
  private udpState(
    { domain, protocol }: SocketType,
    inode: bigint,
    events: number,
  ): { shutdown: number; unsent: number } {
    const polled = events & POLL.HUP ? SHUTDOWN.both : events & POLL.RDHUP ? SHUTDOWN.received : SHUTDOWN.none;
    const known = protocol === IPPROTO.udp ? this.tableOf(domain).get(inode) : undefined;
    return { shutdown: known?.shutdown ?? polled, unsent: known?.unsent ?? 0 };
  }

  private tableOf(domain: number): ReadonlyMap<bigint, InetDiagnosis> {
    const found = this.diagnosed.get(domain);
    if (found) return found;
    const made = new Map(sys.diagnoseInet(this.pid, domain, IPPROTO.udp).map((each) => [each.inode, each]));
    this.diagnosed.set(domain, made);
    return made;
  }

  private usualOf(kind: SocketType): OptionValues {
    const name = `${kind.domain} ${kind.type} ${kind.protocol}`;
    const found = this.usual.get(name);
    if (found) return found;
    const made = sys.withNewSocket(kind.domain, kind.type, kind.protocol, (own) => optionValues(own, kind));
    this.usual.set(name, made);
    return made;
  }
}
