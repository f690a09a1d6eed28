import { closeSync, constants, openSync } from 'node:fs';
import { formatRange, type Range } from '../base/range.ts';
import { ERRNO, syscall } from './linux.ts';

/** @source lseek(2) */
const SEEK = { data: 3, hole: 4 } as const;

/** Leads to the file of a mapping, for who may follow it. @source proc_pid_map_files(5) */
export const mapFile = (pid: number, mapping: Range): string => `/proc/${pid}/map_files/${formatRange(mapping)}`;

/** Where the file of a mapping may be found: as that file for who may (CAP_CHECKPOINT_RESTORE), else by its name as the process sees it. */
export const placesOfMapped = (pid: number, mapping: Range & { readonly path: string }): string[] => [
  mapFile(pid, mapping),
  `/proc/${pid}/root${mapping.path}`,
];

/**
 * Stretches of an open file that are no holes, ascending. In a file in memory what is swapped out is none.
 * @returns undefined when lseek(2) fails
 */
export function dataOf(fd: number): Range[] | undefined {
  const extents: Range[] = [];
  for (let end = 0n; ;) {
    const start = syscall('lseek', fd, end, SEEK.data);
    if (start === -(ERRNO['ENXIO'] ?? 0)) return extents;
    if (start < 0) return undefined;
    end = BigInt(syscall('lseek', fd, start, SEEK.hole));
    extents.push({ start: BigInt(start), end });
  }
}

/**
 * The same of the file under a mapping, by offset in it. Opening it takes CAP_CHECKPOINT_RESTORE, or before Linux 5.9 CAP_SYS_ADMIN,
 * in the first user namespace. @returns undefined without
 * @source fs/proc/base.c proc_map_files_get_link
 */
export const dataOfMapped = (pid: number, mapping: Range): Range[] | undefined => dataAt(mapFile(pid, mapping));

/** The same of what a descriptor of a process leads to. */
export const dataOfOpen = (pid: number, fd: number): Range[] | undefined => dataAt(`/proc/${pid}/fd/${fd}`);

function dataAt(path: string): Range[] | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY);
  } catch {
    return undefined; // the answer: it is not permitted here
  }
  try {
    return dataOf(fd);
  } finally {
    closeSync(fd);
  }
}
