import type { DescriptorKind, Contents } from '../../snapshot/files/descriptors.ts';
import { peekPipe, pipeCapacity } from '../../sys/descriptors.ts';
import type { DescriptorContext } from './context.ts';
import { requirePath } from './files.ts';
import type { DescriptorState } from './state.ts';

/** @source open(2) */
const O = { ACCESS_MODE: 3, WRONLY: 1, PATH: 0o10000000 } as const;
const ENDS = ['read', 'write', 'both'] as const;

const PIPE = /^pipe:\[(\d+)\]$/;
const pipeInode = (link: string): bigint | undefined => {
  const match = PIPE.exec(link);
  return match ? BigInt(match[1] ?? 0) : undefined;
};

const endOf = ({ info: { flags } }: DescriptorState): (typeof ENDS)[number] | 'none' =>
  flags & O.PATH ? 'none' : (ENDS[flags & O.ACCESS_MODE] ?? 'none');

/** Bytes in each pipe that the process can read from, without taking them out. */
export function readPipes(pid: number, states: readonly DescriptorState[]): Contents[] {
  const seen = new Map<bigint, Contents>();
  for (const state of states) {
    const { fd, link, stat } = state;
    // A FIFO with a name keeps its bytes in memory too.
    const inode = pipeInode(link) ?? (stat.isFIFO() ? stat.ino : undefined);
    const end = endOf(state);
    if (inode === undefined || seen.has(inode) || end === 'write' || end === 'none') continue;
    seen.set(inode, { inode, packets: peekPipe(pid, fd) });
  }
  return [...seen.values()];
}

export function describePipe(state: DescriptorState, { pid }: DescriptorContext): DescriptorKind {
  const { fd, link, stat } = state;
  const [inode, end] = [pipeInode(link), endOf(state)];
  const capacity = end === 'none' ? 0 : pipeCapacity(pid, fd);
  if (inode !== undefined) return { kind: 'pipe', inode, end, capacity };
  requirePath(fd, link, stat, pid);
  return { kind: 'fifo', path: link, dev: stat.dev, inode: stat.ino, capacity };
}
