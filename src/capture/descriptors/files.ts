import type { DescriptorKind } from '../../snapshot/snapshot.ts';
import { type FileStat, statOf } from '../../sys/files.ts';
import { procLink } from '../../sys/procfs.ts';
import type { DescriptorContext } from './context.ts';
import { describeNameless } from './nameless.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

export function describeFile({ fd, link, stat }: DescriptorState, { pid, own }: DescriptorContext): DescriptorKind {
  if (link.startsWith('/proc/')) return describeProc(fd, link, own);
  if (stat.isFile() && stat.nlink === 0n) return describeNameless(fd, link, stat, pid);
  requirePath(fd, link, stat, pid);
  const kind = stat.isDirectory() ? 'directory' : 'file';
  return { kind, path: link, dev: stat.dev, inode: stat.ino, size: stat.size, mode: Number(stat.mode) };
}

/** A path that leads elsewhere, or nowhere, could not be opened again: a message queue, another mount in the way. */
export function requirePath(fd: number, link: string, stat: FileStat, pid: number): void {
  if (stat.nlink === 0n || !link.startsWith('/')) refuse(fd, `deleted file ${link}`);
  const found = statOf(`/proc/${pid}/root${link}`);
  if (!found) procLink(pid, 'root'); // which is gone too when the process has ended meanwhile
  if (found?.ino !== stat.ino || found.dev !== stat.dev) refuse(fd, `${link}, which that path does not lead to`);
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
