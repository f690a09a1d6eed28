import { otherProcesses, visibleLinks } from '../../sys/processes.ts';
import type { DescriptorContext } from './context.ts';
import type { Refused } from './refuse.ts';
import { type DescriptorState, isPathOnly } from './state.ts';

/** Pipes, FIFOs and sockets of which another process holds an end: what lies behind can be made anew for neither. */
export function heldElsewhere(states: readonly DescriptorState[], { own }: Pick<DescriptorContext, 'own'>): Refused[] {
  const wanted = new Map<string, number[]>();
  const isEnd = ({ stat, link, info }: DescriptorState): boolean =>
    (stat.isFIFO() || stat.isSocket()) && !(isPathOnly(info) && link.startsWith('/'));
  for (const { fd, link } of states.filter(isEnd)) wanted.set(link, [...(wanted.get(link) ?? []), fd]);
  if (wanted.size === 0) return [];
  return otherProcesses(own).flatMap((pid) =>
    visibleLinks(pid).flatMap((link) => {
      const fds = wanted.get(link) ?? [];
      wanted.delete(link);
      const how = link.startsWith('socket:') ? 'which process' : 'whose other end process';
      return fds.map((fd) => ({ fd, what: `${link}, ${how} ${pid} holds`, isOutside: true }));
    }),
  );
}
