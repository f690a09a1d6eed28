import { splitDev } from '../base/device.ts';

/**
 * Devices of all mounted file systems, as /proc/PID/maps has them: `fd:00`.
 * @source proc_pid_mountinfo(5): the third field is major:minor, decimal
 */
export function parseMountDevices(text: string): Set<string> {
  const found = text.matchAll(/^\d+ \d+ (\d+):(\d+) /gm);
  return new Set([...found].map(([, major, minor]) => mapsDevice(BigInt(major!), BigInt(minor!))));
}

/** As maps has the device that stat(2) gives. */
export function deviceInMaps(dev: bigint): string {
  const { major, minor } = splitDev(dev);
  return mapsDevice(major, minor);
}

/** @source fs/proc/task_mmu.c show_vma_header_prefix */
const mapsDevice = (major: bigint, minor: bigint): string =>
  `${major.toString(16).padStart(2, '0')}:${minor.toString(16).padStart(2, '0')}`;
