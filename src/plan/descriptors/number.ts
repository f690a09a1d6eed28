import type { Descriptor, Snapshot } from '../../snapshot/snapshot.ts';
import { RELATION, type Slot } from '../../restorer/steps.ts';
import type { Program } from '../program.ts';

/** @source fcntl(2); include/uapi/linux/fcntl.h */
export const F = { GETFD: 1n, SETFD: 2n, SETFL: 4n, DUPFD_CLOEXEC: 1030n, SETPIPE_SZ: 1031n } as const;
const FD_CLOEXEC = 1n;

/** The first number above all of the process's own. */
export const firstAbove = ({ descriptors }: Snapshot): bigint =>
  BigInt(descriptors.reduce((most, { fd }) => Math.max(most, fd), 2) + 1);

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
