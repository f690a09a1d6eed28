import type { Descriptor, DescriptorKind } from '../../snapshot/snapshot.ts';
import { devptsOf, otherProcesses, visibleInfos } from '../../sys/processes.ts';
import { parseFdinfo } from '../../proc/fdinfo.ts';
import type { DescriptorContext } from './context.ts';
import { masterIndex, slaveIndex } from './pty-names.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

/** @throws UNSUPPORTED where bytes wait, which cannot be looked at without taking them out */
function refuseWaiting({ fd, link, waiting = 0 }: DescriptorState): void {
  if (waiting > 0) refuse(fd, `pseudo-terminal ${link}, in which ${waiting} bytes wait`);
}

export function describeMaster(seen: DescriptorState): DescriptorKind {
  const { fd, link, info, pty } = seen;
  const index = masterIndex(info);
  if (!pty || index === undefined) refuse(fd, `device ${link}`);
  if (pty.controls) refuse(fd, `pseudo-terminal ${link}, the controlling terminal of a session`);
  refuseWaiting(seen);
  const { settings, window, locked, packet, hungUp } = pty;
  return { kind: 'ptmx', path: link, index, settings, window, locked, packet, hungUp };
}

export function describeSlave(seen: DescriptorState): DescriptorKind {
  refuseWaiting(seen);
  return { kind: 'pts', path: seen.link, index: slaveIndex(seen.link) };
}

/** A pseudo-terminal can be made anew only when no other process has an end of it. @throws UNSUPPORTED */
export function refuseOthersPtys(descriptors: readonly Descriptor[], { own, pid: self }: DescriptorContext): void {
  const masters = descriptors.flatMap((each) => (each.kind === 'ptmx' ? [each] : []));
  for (const each of descriptors) {
    if (each.kind === 'pts' && !masters.some(({ index }) => index === each.index))
      refuse(each.fd, `${each.path}, a terminal that is not the controlling one`);
  }
  if (masters.length === 0) return;
  const mine = masters.map((master) => ({ ...master, devpts: devptsOf(self, master.fd, master.path) }));
  for (const pid of otherProcesses(own)) {
    const held = visibleInfos(pid, (link) => link.endsWith('/ptmx') || slaveIndex(link) >= 0).map(
      ({ fd, link, text }) => ({
        index: slaveIndex(link) >= 0 ? slaveIndex(link) : masterIndex(parseFdinfo(text)),
        devpts: devptsOf(pid, fd, link),
      }),
    );
    // What cannot be told apart is taken for the same.
    const found = mine.find(({ index, devpts }) =>
      held.some((each) => each.index === index && (each.devpts ?? devpts) === (devpts ?? each.devpts)),
    );
    if (found) refuse(found.fd, `pseudo-terminal ${found.path}, of which process ${pid} has an end`);
  }
}
