import { formatAddress } from '../../snapshot/files/socket-address.ts';
import type { Contents, DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { withDescriptor } from '../../sys/borrowed.ts';
import { diagnoseUnix, hasUrgentByte, peekSocket } from '../../sys/sockets.ts';
import type { DescriptorContext } from './context.ts';
import { refuse, refuseOutside, type Refused } from './refuse.ts';
import type { SocketState } from './socket-state.ts';
import type { DescriptorState } from './state.ts';
import type { Numbered } from './together.ts';
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
  if (isConnected) refuseOutside(fd, `${name}, a connection to ${formatAddress(remote)}`);
  if (socket.readable > 0) refuse(fd, `${name}, in which a datagram waits`);
  return { ...common, state: 'open', peer: 0n, ...file, backlog: 0 };
}

/** What waits in each nameless UNIX socket, without taking it out. @returns also those in which more waits than bytes */
export function readQueues(
  pid: number,
  states: readonly DescriptorState[],
): { contents: Contents[]; withRights: Set<string> } {
  const seen = new Map<string, Contents>();
  const withRights = new Set<string>();
  for (const { fd, link, socket } of states) {
    if (!socket || socket.domain !== AF_UNIX || socket.isListening || seen.has(link)) continue;
    const { packets, ancillary } = withDescriptor(pid, fd, (own) => peekSocket(own, socket.type === SOCK_STREAM));
    if (withDescriptor(pid, fd, hasUrgentByte)) refuse(fd, 'UNIX socket in which an urgent byte waits');
    if (ancillary) withRights.add(link);
    if (packets.length > 0) seen.set(link, { inode: BigInt(link.slice('socket:['.length, -1)), packets });
  }
  return { contents: [...seen.values()], withRights };
}

/** Descriptors and credentials would have to be sent again, by who sent them. */
export const waitingRights = ({ fd, hasRights = false }: DescriptorState): Refused[] =>
  hasRights ? [{ fd, what: 'UNIX socket in which descriptors or credentials wait', isOutside: false }] : [];

/** A pair can be made anew only with both its ends, or with one whose other is closed. */
export function halfPairs(descriptors: readonly Numbered[]): Refused[] {
  const sockets = descriptors.flatMap((each) => (each.kind === 'unix' ? [each] : []));
  const inodes = new Set(sockets.map(({ inode }) => inode));
  return sockets
    .filter(({ state, peer }) => state === 'pair' && peer !== 0n && !inodes.has(peer))
    .map(({ fd }) => ({ fd, what: 'UNIX socket connected to another process', isOutside: true }));
}
