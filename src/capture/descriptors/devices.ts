import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import type { DescriptorContext } from './context.ts';
import { isPts } from './pty-names.ts';
import { describeMaster, describeSlave } from './ptys.ts';
import { refuse, refuseOutside } from './refuse.ts';
import type { DescriptorState } from './state.ts';

const MEMORY_MAJOR = 1;
/** By minor number. @source Documentation/admin-guide/devices.txt */
const MEMORY_DEVICES: Readonly<Record<number, string>> = {
  3: '/dev/null',
  5: '/dev/zero',
  7: '/dev/full',
  8: '/dev/random',
  9: '/dev/urandom',
};
const TTY_MAJORS = [4, 5, 136, 137, 138, 139, 140, 141, 142, 143];
const DEV_TTY = 0x500n;
const DEV_PTMX = 0x502n;

const major = (dev: bigint): number => Number((dev >> 8n) & 0xfffn);
const minor = (dev: bigint): number => Number((dev & 0xffn) | ((dev >> 12n) & 0xfff00n));

/** @param ttyNr as /proc/PID/stat has it */
export const isControllingTerminal = (rdev: bigint, ttyNr: number): boolean =>
  rdev === DEV_TTY || rdev === BigInt(ttyNr);

export function describeDevice(seen: DescriptorState, { ttyNr, pid }: DescriptorContext): DescriptorKind {
  const { fd, link } = seen;
  const { rdev } = seen.stat;
  const path = major(rdev) === MEMORY_MAJOR ? MEMORY_DEVICES[minor(rdev)] : undefined;
  if (path !== undefined) return { kind: 'device', path, rdev };
  if (TTY_MAJORS.includes(major(rdev))) {
    if (isControllingTerminal(rdev, ttyNr)) return { kind: 'tty', path: link };
    if (rdev === DEV_PTMX) return describeMaster(seen, pid);
    if (isPts(link)) return describeSlave(seen, pid);
    refuseOutside(fd, `${link}, a terminal that is not the controlling one`);
  }
  refuse(fd, `device ${link}`);
}
