import { openFileOrder } from '../../sys/descriptors.ts';

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

/** Of a process. @param fds ascending */
export const partitionOf = (pid: number, fds: readonly number[]): Map<number, number> =>
  partition(fds, (a, b) => openFileOrder(pid, a, b));
