import { ElfreezeError } from '../../base/errors.ts';
import { formatRange } from '../../base/range.ts';
import { DELETED, type MapsLine } from '../../proc/maps.ts';
import { deviceInMaps } from '../../proc/mountinfo.ts';
import { type FileStat, linkOf } from '../../sys/files.ts';
import { mapFile } from '../../sys/map-files.ts';
import { nameIn, statOfMapped, statsOfOpen } from '../../sys/links.ts';
import { linkStatIn, reachIn } from '../../sys/rooted.ts';

/**
 * Names as they are. In maps a newline of a name is like the four characters \\012 of another, and the end of a name like what the
 * kernel adds to one whose file was deleted. @source proc_pid_maps(5), proc_pid_map_files(5)
 */
export const settleNames = <L extends MapsLine>(pid: number, lines: readonly L[]): L[] =>
  lines.map((line) => (isAmbiguous(line) ? settle(pid, line) : line));

const isAmbiguous = ({ path, isDeleted }: MapsLine): boolean =>
  path.startsWith('/') && (isDeleted || path.includes('\n'));

function settle<L extends MapsLine>(pid: number, line: L): L {
  const path = linkOfMapped(pid, line) ?? likelyName(pid, line);
  if (!path.endsWith(DELETED) || leadsTo(pid, path, line)) return { ...line, path, isDeleted: false };
  const other = line.shared ? otherName(pid, path, line) : undefined;
  return { ...line, path: other ?? path, isDeleted: other === undefined };
}

function linkOfMapped(pid: number, line: MapsLine): string | undefined {
  try {
    return linkOf(mapFile(pid, line));
  } catch {
    return undefined; // longer than a link can be, or not there any more
  }
}

/** The one that leads to a file of that number. */
function likelyName(pid: number, { path, inode }: MapsLine): string {
  const names = [path, path.replaceAll('\n', '\\012')];
  return names.find((name) => linkStatIn(pid, name)?.ino === inode) ?? path;
}

/** @throws UNSUPPORTED where it cannot be told: some file systems number files otherwise in maps than stat(2) does */
function leadsTo(pid: number, path: string, line: MapsLine): boolean {
  const found = linkStatIn(pid, path);
  if (!found) return false;
  const mapped = statOfMapped(pid, line);
  if (mapped) return mapped.dev === found.dev && mapped.ino === found.ino;
  if (found.ino === line.inode || deviceInMaps(found.dev) === line.dev) return found.ino === line.inode;
  throw new ElfreezeError(
    'UNSUPPORTED',
    `mapping ${formatRange(line)} ${path} → a deleted file or the one of this name: which takes CAP_CHECKPOINT_RESTORE to tell`,
  );
}

/** Files of the kernel's own, which never had a name. */
const NEVER_NAMED = /^\/(memfd:|SYSV|dev\/zero |\[aio\]|secretmem |anon_hugepage )/;

/**
 * What a file is called now that /proc shows as deleted: the name by which it was opened may be gone and another one beside it be left (link(2)),
 * or really end so.
 */
export function nameNow(pid: number, path: string, isIt: (stat: FileStat) => boolean): string | undefined {
  if (!path.endsWith(DELETED)) return path;
  const itself = linkStatIn(pid, path);
  if (itself && isIt(itself)) return path;
  if (NEVER_NAMED.test(path)) return undefined;
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const name = reachIn(pid, directory, (at) => nameIn(`${at}/`, isIt));
  return name === undefined ? undefined : `${directory}${name}`;
}

/**
 * The name of a shared mapping's file, beside the one that it has lost.
 * @returns undefined when it has none
 * @throws UNSUPPORTED when it has one that is not found
 */
function otherName(pid: number, path: string, line: MapsLine): string | undefined {
  const isIt = ({ dev, ino }: FileStat): boolean => ino === line.inode && deviceInMaps(dev) === line.dev;
  const name = nameNow(pid, path, isIt);
  if (name !== undefined || NEVER_NAMED.test(path)) return name;
  const stat = statOfMapped(pid, line) ?? statsOfOpen(pid).find(isIt);
  if (stat && stat.nlink > 0n) {
    const what = `mapping ${formatRange(line)} ${path} → a file that has another name, in another directory`;
    throw new ElfreezeError('UNSUPPORTED', what);
  }
  return undefined;
}
