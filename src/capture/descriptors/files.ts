import type { DescriptorKind } from '../../snapshot/snapshot.ts';
import { statOf } from '../../sys/files.ts';
import type { DescriptorContext, Seen } from './context.ts';
import { refuse } from './refuse.ts';

export function describeFile({ fd, link, stat }: Seen, { pid }: DescriptorContext): DescriptorKind {
  if (link.startsWith('/memfd:')) refuse(fd, `memfd ${link}`);
  if (link.startsWith('/proc/')) refuse(fd, `${link} (a file of procfs)`);
  if (stat.nlink === 0n || !link.startsWith('/')) refuse(fd, `deleted file ${link}`);
  // A path that leads elsewhere, or nowhere, could not be opened again: a message queue, another mount in the way.
  const found = statOf(`/proc/${pid}/root${link}`);
  if (found?.ino !== stat.ino || found.dev !== stat.dev) refuse(fd, `${link}, which that path does not lead to`);
  const kind = stat.isDirectory() ? 'directory' : 'file';
  return { kind, path: link, dev: stat.dev, inode: stat.ino, size: stat.size, mode: Number(stat.mode) };
}
