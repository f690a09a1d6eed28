import { parseLock } from '../../proc/locks.ts';
import type { Descriptor, DescriptorKind, FileLock } from '../../snapshot/files/descriptors.ts';
import { describeSocket } from './sockets.ts';
import { describeAnonymous } from './anonymous.ts';
import { describeAsync } from './async.ts';
import type { DescriptorContext } from './context.ts';
import { describeDevice } from './devices.ts';
import { describeFile } from './files.ts';
import { describeInet } from './inet-sockets.ts';
import { type Choice, isCarried, isDropped, isStandard, overrideOf } from './overrides.ts';
import { describePipe } from './pipes.ts';
import { DescriptorError, refusalOf, refuse, type Refused } from './refuse.ts';
import { type DescriptorState, isPathOnly } from './state.ts';
import { refuseTogether } from './together.ts';
import { describeUnix } from './unix-sockets.ts';

const O_CLOEXEC = 0o2000000;

type Carried = DescriptorKind & Pick<Descriptor, 'locks' | 'async'>;

/**
 * @param sharing how it is found which of them share an open file description
 * @throws UNSUPPORTED naming all descriptors that cannot be carried
 */
export function describeDescriptors(
  states: readonly DescriptorState[],
  context: DescriptorContext,
  sharing: (states: readonly DescriptorState[]) => ReadonlyMap<number, number>,
): Descriptor[] {
  // What was chosen for one descriptor is for that alone; the caller's own standard descriptors may have duplicates.
  const lowest = sharing(states.filter(({ fd }) => context.fds[fd] === undefined));
  const isCallers = (fd: number): boolean => {
    const first = lowest.get(fd) ?? fd;
    return isStandard(first) && !isCarried(first, context);
  };
  const { carried, refused } = describeCarried(
    states.filter(({ fd }) => isCarried(fd, context) && !isCallers(fd)),
    context,
  );
  const isSettled = ({ fd, isOutside }: Refused): boolean =>
    context.outside !== 'refuse' && isOutside && !isStandard(fd);
  if (!refused.every(isSettled)) throw refusalOf(refused.filter((each) => !isSettled(each)));
  const settled: Record<number, string> = Object.fromEntries(refused.map(({ fd }) => [fd, context.outside]));
  const fds: Readonly<Record<number, string>> = { ...context.fds, ...settled };
  const chosen: Choice = { stdio: context.stdio, fds };
  return states
    .filter(({ fd }) => !isDropped(fd, chosen))
    .map(({ fd, info }): Descriptor => {
      const own = carried.get(fd);
      return {
        ...(own ? withoutDropped(own, chosen) : { ...overrideOf(fd, chosen), locks: [] }),
        fd,
        flags: info.flags & ~O_CLOEXEC,
        cloexec: (info.flags & O_CLOEXEC) !== 0,
        position: own ? info.position : 0n,
        description: fds[fd] === undefined ? (lowest.get(fd) ?? fd) : fd,
      };
    });
}

/** What can be carried, by number, and all else. */
function describeCarried(
  states: readonly DescriptorState[],
  context: DescriptorContext,
): { carried: Map<number, Carried>; refused: Refused[] } {
  const carried = new Map<number, Carried>();
  const refused = new Map<number, Refused>();
  for (const state of states) {
    try {
      const locks = describeLocks(state);
      carried.set(state.fd, { ...describeOne(state, context), locks, ...describeAsync(state, context) });
    } catch (error) {
      if (!(error instanceof DescriptorError)) throw error;
      refused.set(state.fd, error.refused);
    }
  }
  // What leads outside does so whatever else is to be said of it.
  for (const each of refuseTogether(states, carried, context)) {
    refused.set(each.fd, each);
    carried.delete(each.fd);
  }
  return { carried, refused: [...refused.values()] };
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
function withoutDropped(descriptor: Carried, choice: Choice): Carried {
  if (descriptor.kind !== 'epoll') return descriptor;
  return { ...descriptor, watches: descriptor.watches.filter(({ target }) => isCarried(target, choice)) };
}

const AF_UNIX = 1;
const AF_INET = [2, 10];

function describeSocketOf(seen: DescriptorState, context: DescriptorContext): DescriptorKind {
  const { fd, socket, stat } = seen;
  if (socket?.domain === AF_UNIX) return describeUnix(seen, socket, context);
  if (socket && AF_INET.includes(socket.domain)) return describeInet(seen, socket, context);
  refuse(fd, `${describeSocket(context.pid, stat.ino)}, of another kind (family ${socket?.domain})`);
}
