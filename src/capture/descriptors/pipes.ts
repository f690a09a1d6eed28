import type { Descriptor, DescriptorKind, PipeContents } from '../../snapshot/snapshot.ts';
import { peekPipe } from '../../sys/descriptors.ts';
import { otherProcesses, visibleLinks } from '../../sys/processes.ts';
import type { DescriptorContext, Seen } from './context.ts';
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
export function readPipes(pid: number, states: readonly DescriptorState[], stdioIsCallers: boolean): PipeContents[] {
  const seen = new Map<bigint, PipeContents>();
  for (const { fd, link, info } of states) {
    const inode = pipeInode(link);
    const isRead = (info.flags & ACCESS_MODE) !== O_WRONLY;
    if (inode === undefined || seen.has(inode) || !isRead || (stdioIsCallers && fd <= 2)) continue;
    seen.set(inode, { inode, packets: peekPipe(pid, fd).packets });
  }
  return [...seen.values()];
}

export function describePipe({ fd, link, info }: Seen, { pid }: DescriptorContext): DescriptorKind {
  const inode = pipeInode(link);
  if (inode === undefined) refuse(fd, `FIFO ${link}`);
  const end = (info.flags & ACCESS_MODE) === O_WRONLY ? 'write' : 'read';
  return { kind: 'pipe', inode, end, capacity: peekPipe(pid, fd).capacity };
}

/** A pipe can be made anew only when nobody else holds an end, and both ends are here or the other is closed. */
export function refuseForeignPipes(descriptors: readonly Descriptor[], { own }: DescriptorContext): void {
  const pipes = descriptors.flatMap((d) => (d.kind === 'pipe' ? [d] : []));
  if (pipes.length === 0) return;
  const names = new Map(pipes.map((pipe) => [`pipe:[${pipe.inode}]`, pipe.fd]));
  for (const pid of otherProcesses(own)) {
    for (const link of visibleLinks(pid)) {
      const fd = names.get(link);
      if (fd !== undefined) refuse(fd, `${link}, whose other end process ${pid} holds`);
    }
  }
}
