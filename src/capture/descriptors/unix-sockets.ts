import { formatAddress } from '../../snapshot/socket-address.ts';
import type { Contents, DescriptorKind, UnixSocket } from '../../snapshot/snapshot.ts';
import { withDescriptor } from '../../sys/borrowed.ts';
import { diagnoseUnix, peekSocket } from '../../sys/sockets.ts';
import type { DescriptorContext } from './context.ts';
import { refuse } from './refuse.ts';
import type { SocketState } from './socket-state.ts';
import type { DescriptorState } from './state.ts';
import { describeFileOf } from './unix-names.ts';

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const AF_UNIX = 1;
/** A nameless address is the family alone. */
const NAMELESS = 2;
const TCP_ESTABLISHED = 1;

export function describeUnix(seen: DescriptorState, socket: SocketState, context: DescriptorContext): DescriptorKind {
  const { fd, stat } = seen;
  const { type, local, remote, options, isListening } = socket;
  const name = `UNIX socket ${formatAddress(local)}`;
  const known = diagnoseUnix(context.pid, stat.ino);
  if (!known) refuse(fd, `${name}, whose network namespace may not be looked into, or whose kernel lacks unix_diag`);
  if (socket.hasError) refuse(fd, `${name} with an error that was not read`);
  const { backlog, shutdown } = known;
  const common = { kind: 'unix' as const, inode: stat.ino, type, local, remote, shutdown, options };
  const file = describeFileOf(fd, local, known, context);
  if (isListening) {
    if (known.queued > 0) refuse(fd, `${name}, to which connections wait that were not accepted`);
    return { ...common, state: 'listening', peer: 0n, ...file, backlog };
  }
  const isPair = local.length <= NAMELESS && remote.length <= NAMELESS && known.peer !== undefined;
  if (isPair) return { ...common, state: 'pair', peer: known.peer ?? 0n, ...file, backlog: 0 };
  const isConnected = type !== SOCK_DGRAM && (known.peer !== undefined || known.state === TCP_ESTABLISHED);
  if (isConnected) refuse(fd, `${name}, a connection to ${formatAddress(remote)}`);
  if (socket.readable > 0) refuse(fd, `${name}, in which a datagram waits`);
  return { ...common, state: 'open', peer: 0n, ...file, backlog: 0 };
}

/** What waits in each nameless UNIX socket, without taking it out. @throws UNSUPPORTED where descriptors wait too */
export function readQueues(pid: number, states: readonly DescriptorState[]): Contents[] {
  const seen = new Map<string, Contents>();
  for (const { fd, link, socket } of states) {
    if (!socket || socket.domain !== AF_UNIX || socket.isListening || seen.has(link)) continue;
    const { packets, ancillary } = withDescriptor(pid, fd, (own) => peekSocket(own, socket.type === SOCK_STREAM));
    if (ancillary) refuse(fd, 'UNIX socket in which descriptors or credentials wait');
    if (packets.length > 0) seen.set(link, { inode: BigInt(link.slice('socket:['.length, -1)), packets });
  }
  return [...seen.values()];
}

/** A pair can be made anew only with both its ends, or with one whose other is closed. */
export function refuseHalfPairs(sockets: readonly (UnixSocket & { readonly fd: number })[]): void {
  const own = new Set(sockets.map(({ inode }) => inode));
  for (const { fd, state, peer } of sockets) {
    if (state === 'pair' && peer !== 0n && !own.has(peer)) refuse(fd, 'UNIX socket connected to another process');
  }
}
