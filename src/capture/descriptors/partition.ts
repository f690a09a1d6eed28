import { groupBy } from '../../base/group.ts';
import { openFileOrder } from '../../sys/descriptors.ts';
import type { DescriptorState } from './state.ts';

/** @returns a number below, at or above 0, as one descriptor's open file comes before, is, or comes after another's */
export type OpenFileOrder = (a: number, b: number) => number;

/**
 * Which descriptors share an open file description: the lowest one of each, by descriptor. What /proc shows of two
 * duplicates may differ, as others change it between two looks; only the kernel's own order of open files does not.
 * @param fds ascending
 */
export function partition(fds: readonly number[], order: OpenFileOrder): Map<number, number> {
  const lowest = new Map<number, number>();
  let first: number | undefined;
  // Array.sort is stable: of those that are the same the lowest comes first.
  for (const fd of [...fds].sort(order)) {
    if (first === undefined || order(first, fd) !== 0) first = fd;
    lowest.set(fd, first);
  }
  return lowest;
}

/** Of a process. @param states ascending by number */
export function partitionOf(pid: number, states: readonly DescriptorState[]): Map<number, number> {
  const order: OpenFileOrder = (a, b) => openFileOrder(pid, a, b);
  const alike = [...groupBy(states, whatNeverChanges).values()];
  return new Map(alike.flatMap((group) => [...partition(group.map(({ fd }) => fd), order)])); // prettier-ignore
}

/** O_RDONLY, O_WRONLY, O_RDWR and O_PATH. @source open(2) */
const O_MODES = 0o10000003;

/** What duplicates have alike, whatever others do to them meanwhile: only those need be compared. */
const whatNeverChanges = ({ stat: { dev, ino }, info: { flags, extra } }: DescriptorState): string =>
  [dev, ino, flags & O_MODES, extra.find((line) => line.startsWith('eventfd-id:'))].join(' ');
