import { DELETED, MEMFD } from '../../proc/maps.ts';
import { deviceInMaps, parseMountDevices } from '../../proc/mountinfo.ts';
import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { type FileStat, statOf } from '../../sys/files.ts';
import { notBytes } from '../../sys/nameless-files.ts';
import { procLink, procText, TOO_LONG } from '../../sys/procfs.ts';
import { ElfreezeError } from '../../base/errors.ts';
import { type Choice, isCarried } from './overrides.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

export function describeNameless(fd: number, link: string, { dev, ino }: FileStat, pid: number): DescriptorKind {
  const special = notBytes(`/proc/${pid}/fd/${fd}`);
  if (special) refuse(fd, `${link}, of ${special}`);
  const device = deviceInMaps(dev);
  // Memfds are on a file system of the kernel's own, which is mounted nowhere: a file in / may be called as they are.
  const isMemfd = link.startsWith(MEMFD) && !parseMountDevices(procText(pid, 'mountinfo')).has(device);
  const name = link.slice(isMemfd ? MEMFD.length : 0, link.endsWith(DELETED) ? -DELETED.length : undefined);
  return { kind: 'nameless', file: isMemfd ? 'memfd' : 'deleted', name, dev: device, inode: ino };
}

const hasNoName = (stat: FileStat): boolean => stat.isFile() && stat.nlink === 0n;

/** Whether a descriptor of a process that runs leads to a memfd or a deleted file. Most links tell at once that it does not. */
export function isNameless(pid: number, fd: number): boolean {
  try {
    const link = procLink(pid, `fd/${fd}`);
    if (!link.endsWith(DELETED) && link !== TOO_LONG) return false;
  } catch (error) {
    if (error instanceof ElfreezeError) return false; // it was closed meanwhile
    throw error;
  }
  const stat = statOf(`/proc/${pid}/fd/${fd}`);
  return stat !== undefined && hasNoName(stat);
}

/** Whether the process may have files that an image must carry whole. */
export const holdsNameless = (states: readonly DescriptorState[], choice: Choice): boolean =>
  states.some(({ fd, stat }) => hasNoName(stat) && isCarried(fd, choice));
