import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { DELETED } from '../../proc/maps.ts';
import type { FileStat } from '../../sys/files.ts';
import { notBytes } from '../../sys/nameless-files.ts';
import { procLink, TOO_LONG } from '../../sys/procfs.ts';
import { linkStatIn } from '../../sys/rooted.ts';
import type { DescriptorContext } from './context.ts';
import { nameNow } from '../memory/mapped-names.ts';
import { describeNameless } from './nameless.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

/** `net:[4026531840]` */
const NAMESPACE = /^(cgroup|ipc|mnt|net|pid|time|user|uts):\[\d+\]$/;

/** A file that is read and written, or, with O_PATH, whatever has a path: a symbolic link, a device, a socket's file. */
export function describeFile({ fd, link, stat }: DescriptorState, { pid, own }: DescriptorContext): DescriptorKind {
  if (link.startsWith('/proc/')) return describeProc(fd, link, own);
  const [, namespace] = NAMESPACE.exec(link) ?? [];
  if (namespace !== undefined) return describeNamespace(fd, link, namespace, own);
  if (stat.isFile() && stat.nlink === 0n) return describeNameless(fd, link, stat, pid);
  const path = nameNow(pid, link, ({ dev, ino }) => dev === stat.dev && ino === stat.ino) ?? link;
  requirePath(fd, path, stat, pid);
  const kind = stat.isDirectory() ? 'directory' : 'file';
  return { kind, path, dev: stat.dev, inode: stat.ino, size: stat.size, mode: Number(stat.mode) };
}

/** A path that leads elsewhere, or nowhere, could not be opened again: a message queue, another mount in the way. */
export function requirePath(fd: number, link: string, stat: FileStat, pid: number): void {
  if (link === TOO_LONG) refuse(fd, `a file with ${link}`);
  if (!link.startsWith('/')) refuse(fd, `${link}, which has no path`);
  if (stat.nlink === 0n) refuse(fd, `deleted file ${link}`);
  const found = linkStatIn(pid, link);
  if (!found) procLink(pid, 'root'); // which is gone too when the process has ended meanwhile
  if (found?.ino === stat.ino && found.dev === stat.dev) return;
  const special = notBytes(`/proc/${pid}/fd/${fd}`);
  if (special) refuse(fd, `${link}, of ${special}`);
  if (link.endsWith(DELETED)) refuse(fd, `${link.slice(0, -DELETED.length)}, a name that its file has no longer`);
  refuse(fd, `${link}, which that path does not lead to`);
}

/** The one that the process is in is the one that its image will be in. */
function describeNamespace(fd: number, link: string, name: string, own: readonly number[]): DescriptorKind {
  const path = `ns/${name}`;
  if (procLink(own[0] ?? 0, path) !== link) refuse(fd, `${link}, a namespace that the process is not in`);
  return { kind: 'proc', path: `/proc/self/${path}` };
}

/** What tells of the process itself will tell of the new one. */
function describeProc(fd: number, link: string, own: readonly number[]): DescriptorKind {
  const [, owner, rest = ''] = /^\/proc\/(\d+)(?:\/task\/\d+)?(\/.*)?$/.exec(link) ?? [];
  if (owner === undefined) return { kind: 'proc', path: link };
  const isThread = link.startsWith(`/proc/${owner}/task/`);
  if (!own.includes(Number(owner)) || (isThread && link !== `/proc/${owner}/task/${owner}${rest}`))
    refuse(fd, `${link}, a file of procfs that tells of another process or thread`);
  return { kind: 'proc', path: `/proc/${isThread ? 'thread-self' : 'self'}${rest}` };
}
