import { parseEpoll } from '../../proc/fdinfo-kinds.ts';
import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { pollsBusily, withDescriptor } from '../../sys/borrowed.ts';
import { isWatched } from '../../sys/descriptors.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

/**
 * A watch belongs to an open file, and only remembers the number that it had when it was added: the number may be closed
 * or something else by now while a duplicate keeps the file open.
 */
export function describeEpoll({ fd, link, info }: DescriptorState, pid: number): DescriptorKind {
  if (withDescriptor(pid, fd, pollsBusily)) refuse(fd, `${link} with parameters of its own (EPIOCSPARAMS)`);
  const watches = parseEpoll(info.extra);
  const seen = new Map<number, number>();
  for (const { target } of watches) {
    const nth = seen.get(target) ?? 0;
    seen.set(target, nth + 1);
    if (!isWatched(pid, fd, target, nth))
      refuse(fd, `${link} that watches what was descriptor ${target} and has another number now`);
  }
  // The kernel's order is that of addresses.
  const ordered = [...watches].sort((a, b) => a.target - b.target || (a.data < b.data ? -1 : 1));
  return { kind: 'epoll', watches: ordered };
}
