import { splitDev } from '../../plan/file-identity.ts';
import { mapsDevice } from '../../proc/mountinfo.ts';
import type { DescriptorKind } from '../../snapshot/snapshot.ts';
import type { FileStat } from '../../sys/files.ts';
import { notBytes } from '../../sys/nameless-files.ts';
import { type Choice, isCarried } from './overrides.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

const MEMFD = '/memfd:';
const DELETED = / \(deleted\)$/;

export function describeNameless(fd: number, link: string, { dev, ino }: FileStat, pid: number): DescriptorKind {
  const special = notBytes(`/proc/${pid}/fd/${fd}`);
  if (special) refuse(fd, `${link}, of ${special}`);
  const file = link.startsWith(MEMFD) ? 'memfd' : 'deleted';
  const name = link.slice(file === 'memfd' ? MEMFD.length : 0).replace(DELETED, '');
  const { major, minor } = splitDev(dev);
  return { kind: 'nameless', file, name, dev: mapsDevice(major, minor), inode: ino };
}

/** Whether the process may have files that an image must carry whole. */
export const holdsNameless = (states: readonly DescriptorState[], choice: Choice): boolean =>
  states.some(({ fd, link }) => link.startsWith('/') && DELETED.test(link) && isCarried(fd, choice));
