import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { devptsOf, otherProcesses, visibleInfos } from '../../sys/processes.ts';
import { parseFdinfo } from '../../proc/fdinfo.ts';
import { unusualOf } from '../../sys/terminals.ts';
import type { DescriptorContext } from './context.ts';
import { isPts, masterIndex, slaveIndex } from './pty-names.ts';
import { refuse, refuseOutside, type Refused } from './refuse.ts';
import type { DescriptorState } from './state.ts';
import type { Numbered } from './together.ts';

function refuseUnusual({ fd, link }: DescriptorState, pid: number): void {
  const unusual = unusualOf(pid, fd);
  if (unusual) refuse(fd, `pseudo-terminal ${link} ${unusual}`);
}

export function describeMaster(seen: DescriptorState, pid: number): DescriptorKind {
  const { fd, link, info, pty } = seen;
  const index = masterIndex(info);
  if (!pty || index === undefined) refuse(fd, `device ${link}`);
  if (pty.controls) refuseOutside(fd, `pseudo-terminal ${link}, the controlling terminal of a session`);
  refuseUnusual(seen, pid);
  const { settings, window, locked, packet, hungUp } = pty;
  return { kind: 'ptmx', path: link, index, settings, window, locked, packet, hungUp };
}

export function describeSlave(seen: DescriptorState, pid: number): DescriptorKind {
  refuseUnusual(seen, pid);
  return { kind: 'pts', path: seen.link, index: slaveIndex(seen.link) };
}

/** Bytes that wait cannot be looked at without taking them out. */
export const waitingBytes = ({ fd, link, info, waiting = 0 }: DescriptorState): Refused[] =>
  waiting > 0 && (masterIndex(info) !== undefined || isPts(link))
    ? [{ fd, what: `pseudo-terminal ${link}, in which ${waiting} bytes wait`, isOutside: false }]
    : [];

/** Slaves whose master is not carried: it is somebody else's terminal. */
export function strayTerminals(descriptors: readonly Numbered[]): Refused[] {
  const masters = descriptors.flatMap((each) => (each.kind === 'ptmx' ? [each.index] : []));
  return descriptors.flatMap((each) =>
    each.kind === 'pts' && !masters.includes(each.index)
      ? [{ fd: each.fd, what: `${each.path}, a terminal that is not the controlling one`, isOutside: true }]
      : [],
  );
}

/** A pseudo-terminal can be made anew only when no other process has an end of it. */
export function mastersHeldElsewhere(
  descriptors: readonly Numbered[],
  { own, pid: self }: Pick<DescriptorContext, 'own' | 'pid'>,
): Refused[] {
  const masters = descriptors.flatMap((each) => (each.kind === 'ptmx' ? [each] : []));
  if (masters.length === 0) return [];
  const mine = masters.map((master) => ({ ...master, devpts: devptsOf(self, master.fd, master.path) }));
  return otherProcesses(own).flatMap((pid) => {
    const held = visibleInfos(pid, (link) => link.endsWith('/ptmx') || slaveIndex(link) >= 0).map(
      ({ fd, link, text }) => ({
        index: slaveIndex(link) >= 0 ? slaveIndex(link) : masterIndex(parseFdinfo(text)),
        devpts: devptsOf(pid, fd, link),
      }),
    );
    // What cannot be told apart is taken for the same.
    const isHeld = ({ index, devpts }: (typeof mine)[number]): boolean =>
      held.some((each) => each.index === index && (each.devpts ?? devpts) === (devpts ?? each.devpts));
    return mine.filter(isHeld).map(({ fd, path }) => ({
      fd,
      what: `pseudo-terminal ${path}, of which process ${pid} has an end`,
      isOutside: true,
    }));
  });
}
