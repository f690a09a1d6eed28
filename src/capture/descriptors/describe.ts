import { parseLock } from '../../proc/locks.ts';
import type { Descriptor, DescriptorKind, FileLock } from '../../snapshot/snapshot.ts';
import { describeSocket } from '../sockets.ts';
import { describeAnonymous } from './anonymous.ts';
import { describeAsync } from './async.ts';
import type { DescriptorContext } from './context.ts';
import { describeDevice } from './devices.ts';
import { describeFile } from './files.ts';
import { describeInet } from './inet-sockets.ts';
import { describePipe, refuseShared } from './pipes.ts';
import { isCarried, isDropped, overrideOf } from './overrides.ts';
import { refuseOthersPtys } from './ptys.ts';
import { refuse } from './refuse.ts';
import { type DescriptorState, isPathOnly } from './state.ts';
import { describeUnix, refuseHalfPairs } from './unix-sockets.ts';

const O_CLOEXEC = 0o2000000;

/**
 * @param sharing how it is found which of them share an open file description
 * @throws UNSUPPORTED naming the first descriptor that cannot be carried
 */
export function describeDescriptors(
  states: readonly DescriptorState[],
  context: DescriptorContext,
  sharing: (fds: readonly number[]) => ReadonlyMap<number, number>,
): Descriptor[] {
  // What was chosen for one descriptor is for that alone; the caller's own standard descriptors may have duplicates.
  const lowest = sharing(states.flatMap(({ fd }) => (context.fds[fd] === undefined ? [fd] : [])));
  const kept = states.filter(({ fd }) => !isDropped(fd, context));
  const described = kept.map((state): Descriptor => {
    const carried = isCarried(state.fd, context);
    const locks = carried ? describeLocks(state) : [];
    const kind = carried ? describeOne(state, context) : overrideOf(state.fd, context);
    return {
      ...kind,
      fd: state.fd,
      flags: state.info.flags & ~O_CLOEXEC,
      cloexec: (state.info.flags & O_CLOEXEC) !== 0,
      position: carried ? state.info.position : 0n,
      description: lowest.get(state.fd) ?? state.fd,
      locks,
      ...(carried ? describeAsync(state, context) : {}),
    };
  });
  const watching = described.map((each) => withoutDropped(each, context));
  refuseHalfPairs(watching.flatMap((each) => (each.kind === 'unix' ? [each] : [])));
  refuseShared(watching, context);
  refuseOthersPtys(watching, context);
  return watching;
}

function describeOne(state: DescriptorState, context: DescriptorContext): DescriptorKind {
  const { stat, link, info } = state;
  if (isPathOnly(info) && !link.startsWith('pipe:')) return describeFile(state, context);
  if (stat.isFIFO()) return describePipe(state, context);
  if (stat.isCharacterDevice()) return describeDevice(state, context);
  if (stat.isSocket()) return describeSocketOf(state, context);
  if (stat.isFile() || stat.isDirectory()) return describeFile(state, context);
  return describeAnonymous(state, context.pid);
}

/** @throws UNSUPPORTED naming a lease, which is given by asking others to wait */
function describeLocks({ fd, link, info }: DescriptorState): FileLock[] {
  return info.locks.map((text) => parseLock(text) ?? refuse(fd, `${link}, which holds a lock (${text})`));
}

/** What is not carried is closed as far as an epoll instance can tell. */
function withoutDropped(descriptor: Descriptor, context: DescriptorContext): Descriptor {
  if (descriptor.kind !== 'epoll') return descriptor;
  return { ...descriptor, watches: descriptor.watches.filter(({ target }) => isCarried(target, context)) };
}

const AF_UNIX = 1;
const AF_INET = [2, 10];

function describeSocketOf(seen: DescriptorState, context: DescriptorContext): DescriptorKind {
  const { fd, socket, stat } = seen;
  if (socket?.domain === AF_UNIX) return describeUnix(seen, socket, context);
  if (socket && AF_INET.includes(socket.domain)) return describeInet(seen, socket, context);
  refuse(fd, `${describeSocket(context.pid, stat.ino)}, of another kind (family ${socket?.domain})`);
}
