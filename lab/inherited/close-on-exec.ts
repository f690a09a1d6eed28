import { readdirSync } from 'node:fs';
import koffi from 'koffi';

/** @source fcntl(2) */
const F_SETFD = 2;
export const FD_CLOEXEC = 1;
const FIRST = 3;

type Fcntl = (fd: number, command: number, kind: 'int', flags: number) => number;

/** The flags of one descriptor become `flags`. @returns whether there is one */
export function setDescriptorFlags(fd: number, flags: number): boolean {
  const fcntl = koffi.load(null).func('int fcntl(int fd, int command, ...)') as Fcntl;
  return fcntl(fd, F_SETFD, 'int', flags) === 0;
}

/**
 * What this process was started with beyond the standard three stays its own: no target, and nothing else that it starts, inherits a
 * pipe of a runner or a terminal. Node does so itself for the first few numbers.
 */
export function keepInherited(): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd >= FIRST) setDescriptorFlags(fd, FD_CLOEXEC);
}
