import type { Snapshot } from '../../snapshot/snapshot.ts';
import { RELATION, type Slot } from '../../restorer/steps.ts';
import { perSnapshot } from '../program/per-snapshot.ts';
import type { Program } from '../program/program.ts';
import type { Descriptor } from '../../snapshot/files/descriptors.ts';

/** @source fcntl(2); include/uapi/linux/fcntl.h */
export const F = { GETFD: 1n, SETFD: 2n, SETFL: 4n, DUPFD_CLOEXEC: 1030n, SETPIPE_SZ: 1031n } as const;
const FD_CLOEXEC = 1n;
/** What F_SETFL sets and open(2) or its like may not take: O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME. @source fs/fcntl.c SETFL_MASK */
const SETTABLE = 0o2000 | 0o4000 | 0o40000 | 0o1000000;

/** Gives an open file its number, and the temporary one back. */
export function moveTo(program: Program, from: Slot, descriptor: Descriptor): void {
  const to = BigInt(descriptor.fd);
  program.call('dup2', [from, to], `make it descriptor ${descriptor.fd}`);
  program.do('check', [program.slotAddress(from), 4n, BigInt(RELATION.eq), to], '', 1);
  program.call('close', [from], 'close the temporary descriptor');
  setCloexec(program, descriptor);
}

export function setCloexec(program: Program, { fd, cloexec }: Descriptor): void {
  if (cloexec) program.call('fcntl', [BigInt(fd), F.SETFD, FD_CLOEXEC], `close descriptor ${fd} on exec`);
}

/** Of an open file that was made without any. */
export function putFlags(program: Program, { fd, flags }: Descriptor): void {
  if (flags & SETTABLE)
    program.call('fcntl', [BigInt(fd), F.SETFL, BigInt(flags)], `set the flags of descriptor ${fd}`);
}

/** How many numbers from the first temporary one on are kept besides those of nameless files. */
const TEMPORARY = { nameless: 3n, pair: 2n } as const;

const RLIMIT_NOFILE = 7;

/**
 * The first of enough numbers in a row that the process has no descriptors of: what is only needed meanwhile goes there. Above all of its
 * own if its limit allows that.
 */
export const firstTemporary = perSnapshot(({ descriptors, nameless, limits }: Snapshot): bigint => {
  const needed = Number(TEMPORARY.nameless + TEMPORARY.pair) + nameless.length;
  const limit = limits.find(({ resource }) => resource === RLIMIT_NOFILE)?.soft;
  const numbers = [2, ...descriptors.map(({ fd }) => fd)].sort((a, b) => a - b);
  const above = (numbers.at(-1) ?? 2) + 1;
  if (limit === undefined || BigInt(above + needed) <= limit) return BigInt(above);
  const before = numbers.find((fd, index) => fd >= 2 && (numbers[index + 1] ?? 0) - fd > needed);
  return BigInt((before ?? above - 1) + 1);
});

/** Where nameless file number `file` is while others are made. */
export const keeperOf = (snapshot: Snapshot, file: number): bigint =>
  firstTemporary(snapshot) + TEMPORARY.nameless + BigInt(file);

/** Where two connected descriptors are. */
export function pairNumbers(snapshot: Snapshot): readonly [bigint, bigint] {
  const first = keeperOf(snapshot, snapshot.nameless.length);
  return [first, first + 1n];
}
