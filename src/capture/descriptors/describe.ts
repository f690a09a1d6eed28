import type { Descriptor, DescriptorKind } from '../../snapshot/snapshot.ts';
import { samePosition } from '../../sys/descriptors.ts';
import { statOf } from '../../sys/files.ts';
import { describeSocket } from '../sockets.ts';
import { describeAnonymous } from './anonymous.ts';
import type { DescriptorContext } from './context.ts';
import { describeDevice } from './devices.ts';
import { describeFile } from './files.ts';
import { describePipe, refuseForeignPipes } from './pipes.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

const O_CLOEXEC = 0o2000000;
const O_ASYNC = 0o20000;

/** @throws UNSUPPORTED naming the first descriptor that cannot be carried */
export function describeDescriptors(states: readonly DescriptorState[], context: DescriptorContext): Descriptor[] {
  const described: Descriptor[] = [];
  for (const state of states) {
    const kind = describeOne(state, context);
    const shared = described.find((other) => samePosition(context.pid, other.fd, state.fd));
    described.push({
      ...kind,
      fd: state.fd,
      flags: state.info.flags & ~O_CLOEXEC,
      cloexec: (state.info.flags & O_CLOEXEC) !== 0,
      position: state.info.position,
      description: shared?.description ?? state.fd,
    });
  }
  refuseForeignPipes(described, context);
  return described;
}

function describeOne(state: DescriptorState, context: DescriptorContext): DescriptorKind {
  const { fd, link, info } = state;
  if (context.stdio === 'caller' && fd <= 2) return { kind: 'stdio' };
  const [lock] = info.locks;
  if (lock !== undefined) refuse(fd, `${link}, which holds a lock (${lock})`);
  if (info.flags & O_ASYNC) refuse(fd, `${link} with O_ASYNC signals`);
  const stat = statOf(`/proc/${context.pid}/fd/${fd}`);
  if (!stat) refuse(fd, `${link}, which is gone`);
  const seen = { ...state, stat };
  if (stat.isFIFO()) return describePipe(seen, context);
  if (stat.isCharacterDevice()) return describeDevice(seen, context);
  if (stat.isSocket()) refuse(fd, describeSocket(context.pid, stat.ino));
  if (stat.isFile() || stat.isDirectory()) return describeFile(seen, context);
  return describeAnonymous(state, context.pid);
}
