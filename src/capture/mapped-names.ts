import { ElfreezeError } from '../base/errors.ts';
import { formatRange } from '../base/range.ts';
import { splitDev } from '../plan/file-identity.ts';
import type { MapsLine } from '../proc/maps.ts';
import { mapsDevice } from '../proc/mountinfo.ts';
import { type FileStat, linkStatOf } from '../sys/files.ts';
import { nameIn, statOfMapped, statsOfOpen } from '../sys/links.ts';

/** What the kernel puts behind a path that no longer leads to the file. A name may end so too. */
const DELETED = ' (deleted)';
/** Files of the kernel's own, which never had a name. */
const NEVER_NAMED = /^\/(memfd:|SYSV|dev\/zero |\[aio\])/;

/**
 * What a file is called now that /proc shows as deleted: the name by which it was opened may be gone and another one beside it be left (link(2)),
 * or really end so.
 */
export function nameNow(pid: number, path: string, isIt: (stat: FileStat) => boolean): string | undefined {
  if (!path.endsWith(DELETED)) return path;
  const root = `/proc/${pid}/root`;
  const itself = linkStatOf(`${root}${path}`);
  if (itself && isIt(itself)) return path;
  if (NEVER_NAMED.test(path)) return undefined;
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const name = nameIn(`${root}${directory}`, isIt);
  return name === undefined ? undefined : `${directory}${name}`;
}

/**
 * The name of a shared mapping's file.
 * @returns undefined when it has none
 * @throws UNSUPPORTED when it has one that is not found
 */
export function nameOfMapped(line: MapsLine, pid: number): string | undefined {
  const isIt = ({ dev, ino }: FileStat): boolean => {
    const { major, minor } = splitDev(dev);
    return ino === line.inode && mapsDevice(major, minor) === line.dev;
  };
  const name = nameNow(pid, line.path, isIt);
  if (name !== undefined || NEVER_NAMED.test(line.path)) return name;
  const stat = statOfMapped(pid, line) ?? statsOfOpen(pid).find(isIt);
  if (stat && stat.nlink > 0n) {
    const what = `mapping ${formatRange(line)} ${line.path} → a file that has another name, in another directory`;
    throw new ElfreezeError('UNSUPPORTED', what);
  }
  return undefined;
}
