import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { cString, encodeName } from '../base/names.ts';
import { type FileStat, linkStatOf } from './files.ts';
import { syscall } from './linux.ts';

/** With its NUL. @source include/uapi/linux/limits.h */
export const PATH_MAX = 4096;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

/**
 * What a path of another process leads to, as that process sees it; of a symbolic link the link itself. A path as long as any may be is
 * looked up from the root directory, as there is no room for /proc/PID/root before it.
 */
export function linkStatIn(pid: number, path: string): FileStat | undefined {
  const root = `/proc/${pid}/root`;
  if (encodeName(root + path).length < PATH_MAX) return linkStatOf(root + path);
  const directory = openSync(root, O_PATH | constants.O_DIRECTORY);
  try {
    const found = syscall('openat', directory, cString(path.slice(1)), O_PATH | constants.O_NOFOLLOW | O_CLOEXEC);
    if (found < 0) return undefined;
    try {
      return fstatSync(found, { bigint: true });
    } finally {
      closeSync(found);
    }
  } finally {
    closeSync(directory);
  }
}
