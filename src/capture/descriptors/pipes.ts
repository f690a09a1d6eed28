import type { Descriptor, DescriptorKind, Contents } from '../../snapshot/snapshot.ts';
import { peekPipe } from '../../sys/descriptors.ts';
import { otherProcesses, visibleLinks } from '../../sys/processes.ts';
import type { DescriptorContext } from './context.ts';
import { requirePath } from './files.ts';
import { refuse } from './refuse.ts';
import type { DescriptorState } from './state.ts';

const O_WRONLY = 1;
const ACCESS_MODE = 3;

const PIPE = /^pipe:\[(\d+)\]$/;
const pipeInode = (link: string): bigint | undefined => {
  const match = PIPE.exec(link);
  return match ? BigInt(match[1] ?? 0) : undefined;
};

/** Bytes in each pipe that the process can read from, without taking them out. */
export function readPipes(pid: number, states: readonly DescriptorState[]): Contents[] {
  const seen = new Map<bigint, Contents>();
  for (const { fd, link, info, stat } of states) {
    // A FIFO with a name keeps its bytes in memory too.
    const inode = pipeInode(link) ?? (stat.isFIFO() ? stat.ino : undefined);
    const isRead = (info.flags & ACCESS_MODE) !== O_WRONLY;
    if (inode === undefined || seen.has(inode) || !isRead) continue;
    seen.set(inode, { inode, packets: peekPipe(pid, fd).packets });
  }
  return [...seen.values()];
}

export function describePipe({ fd, link, info, stat }: DescriptorState, { pid }: DescriptorContext): DescriptorKind {
  const inode = pipeInode(link);
  const { capacity } = peekPipe(pid, fd);
  if (inode === undefined) {
    requirePath(fd, link, stat, pid);
    return { kind: 'fifo', path: link, dev: stat.dev, inode: stat.ino, capacity };
  }
  const end = (info.flags & ACCESS_MODE) === O_WRONLY ? 'write' : 'read';
  return { kind: 'pipe', inode, end, capacity };
}

/** What lies behind descriptors of two processes can be made anew for neither. */
export function refuseShared(descriptors: readonly Descriptor[], { own }: DescriptorContext): void {
  const names = new Map<string, number>();
  for (const each of descriptors) {
    if (each.kind === 'pipe') names.set(`pipe:[${each.inode}]`, each.fd);
    if (each.kind === 'fifo') names.set(each.path, each.fd);
    if (each.kind === 'inet' || each.kind === 'unix') names.set(`socket:[${each.inode}]`, each.fd);
  }
  if (names.size === 0) return;
  for (const pid of otherProcesses(own)) {
    for (const link of visibleLinks(pid)) {
      const fd = names.get(link);
      if (fd === undefined) continue;
      const how = link.startsWith('socket:') ? 'which process' : 'whose other end process';
      refuse(fd, `${link}, ${how} ${pid} holds`);
    }
  }
}
