import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { cString, encodeName } from '../base/names.ts';
import { type FileStat, linkStatOf } from './files.ts';
import { syscall } from './linux.ts';

/** With its NUL. @source include/uapi/linux/limits.h */
export const PATH_MAX = 4096;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

const rootOf = (pid: number): string => `/proc/${pid}/root`;
/** A character takes up to three bytes. */
const hasRoom = (path: string): boolean => 3 * path.length < PATH_MAX || encodeName(path).length < PATH_MAX;

/** What a path of another process leads to, as that process sees it; of a symbolic link the link itself. */
export function linkStatIn(pid: number, path: string): FileStat | undefined {
  const whole = rootOf(pid) + path;
  if (hasRoom(whole)) return linkStatOf(whole);
  return withFound(pid, path, constants.O_NOFOLLOW, (found) => fstatSync(found, { bigint: true }));
}

/**
 * Calls `use` with a path of ours that leads where a path of another process leads, as that process sees it.
 * @returns undefined where it leads nowhere, unless `use` finds that out
 */
export function reachIn<T>(pid: number, path: string, use: (path: string) => T): T | undefined {
  const whole = rootOf(pid) + path;
  return hasRoom(whole) ? use(whole) : withFound(pid, path, 0, (found) => use(`/proc/self/fd/${found}`));
}

/** A path as long as any may be has no room for /proc/PID/root before it, and is looked up from there. */
function withFound<T>(pid: number, path: string, flags: number, use: (found: number) => T): T | undefined {
  const root = openSync(rootOf(pid), O_PATH | constants.O_DIRECTORY);
  try {
    const found = syscall('openat', root, cString(path.slice(1)), O_PATH | O_CLOEXEC | flags);
    if (found < 0) return undefined;
    try {
      return use(found);
    } finally {
      closeSync(found);
    }
  } finally {
    closeSync(root);
  }
}
