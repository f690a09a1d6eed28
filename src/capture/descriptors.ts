import { ElfreezeError } from '../base/errors.ts';
import { type Fdinfo, parseFdinfo } from '../proc/fdinfo.ts';
import type { Descriptor, DescriptorKind, PipeContents } from '../snapshot/snapshot.ts';
import { peekPipe, samePosition } from '../sys/descriptors.ts';
import { type FileStat, statOf } from '../sys/files.ts';
import { otherProcesses, visibleLinks } from '../sys/processes.ts';
import { procLink, procList, procText } from '../sys/procfs.ts';
import { describeSocket } from './sockets.ts';

const O_WRONLY = 1;
const O_CLOEXEC = 0o2000000;
const O_ASYNC = 0o20000;
const MEMORY_DEVICES: Readonly<Record<number, string>> = {
  3: '/dev/null',
  5: '/dev/zero',
  7: '/dev/full',
  8: '/dev/random',
  9: '/dev/urandom',
};
const TTY_MAJORS = [4, 5, 136, 137, 138, 139, 140, 141, 142, 143];
const DEV_TTY = 0x500n;

const major = (dev: bigint): number => Number((dev >> 8n) & 0xfffn);
const minor = (dev: bigint): number => Number((dev & 0xffn) | ((dev >> 12n) & 0xfff00n));

/** What is only true while the process stands still: position and flags of each descriptor, and what pipes hold. */
export interface DescriptorState {
  readonly fd: number;
  readonly link: string;
  readonly info: Fdinfo;
}

export function readDescriptorState(pid: number): DescriptorState[] {
  return procList(pid, 'fd')
    .map(Number)
    .sort((a, b) => a - b)
    .map((fd) => ({ fd, link: procLink(pid, `fd/${fd}`), info: parseFdinfo(procText(pid, `fdinfo/${fd}`)) }));
}

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
    if (inode === undefined || seen.has(inode) || (info.flags & 3) === O_WRONLY || (stdioIsCallers && fd <= 2))
      continue;
    seen.set(inode, { inode, packets: peekPipe(pid, fd).packets });
  }
  return [...seen.values()];
}

export interface DescriptorContext {
  /** The process; its copy's descriptors are the same open file descriptions. */
  readonly pid: number;
  /** The process itself and its copy: others that hold a pipe's end are strangers. */
  readonly own: readonly number[];
  readonly ttyNr: number;
  readonly stdio: 'caller' | 'reopen';
}

/** @throws UNSUPPORTED naming the first descriptor that cannot be carried */
export function describeDescriptors(states: readonly DescriptorState[], context: DescriptorContext): Descriptor[] {
  const described: Descriptor[] = [];
  for (const state of states) {
    const kind = describeOne(state, context);
    const shared = described.find((other) => samePosition(context.pid, other.fd, state.fd));
    described.push({
      ...kind,
      fd: state.fd,
      flags: state.info.flags & ~O_CLOEXEC,
      cloexec: (state.info.flags & O_CLOEXEC) !== 0,
      position: state.info.position,
      description: shared?.description ?? state.fd,
    });
  }
  refuseForeignPipes(described, context);
  return described;
}

function refuse(fd: number, what: string): never {
  throw new ElfreezeError('UNSUPPORTED', `fd ${fd} → ${what}`);
}

function describeOne({ fd, link, info }: DescriptorState, context: DescriptorContext): DescriptorKind {
  if (context.stdio === 'caller' && fd <= 2) return { kind: 'stdio' };
  const [lock] = info.locks;
  if (lock !== undefined) refuse(fd, `${link}, which holds a lock (${lock})`);
  if (info.flags & O_ASYNC) refuse(fd, `${link} with O_ASYNC signals`);
  const stat = statOf(`/proc/${context.pid}/fd/${fd}`);
  if (!stat) refuse(fd, `${link}, which is gone`);
  if (stat.isFIFO()) return describePipe(fd, link, info, context);
  if (stat.isCharacterDevice()) return describeDevice(fd, link, stat, context);
  if (stat.isSocket()) refuse(fd, describeSocket(context.pid, stat.ino));
  if (stat.isFile() || stat.isDirectory()) return describeFile(fd, link, stat, context);
  refuse(fd, link);
}

function describeFile(fd: number, link: string, stat: FileStat, { pid }: DescriptorContext): DescriptorKind {
  if (link.startsWith('/memfd:')) refuse(fd, `memfd ${link}`);
  if (link.startsWith('/proc/')) refuse(fd, `${link} (a file of procfs)`);
  if (stat.nlink === 0n || !link.startsWith('/')) refuse(fd, `deleted file ${link}`);
  // A path that leads elsewhere, or nowhere, could not be opened again: a message queue, another mount in the way.
  const found = statOf(`/proc/${pid}/root${link}`);
  if (found?.ino !== stat.ino || found.dev !== stat.dev) refuse(fd, `${link}, which that path does not lead to`);
  const kind = stat.isDirectory() ? 'directory' : 'file';
  return { kind, path: link, dev: stat.dev, inode: stat.ino, size: stat.size, mode: Number(stat.mode) };
}

function describeDevice(fd: number, link: string, stat: FileStat, { ttyNr }: DescriptorContext): DescriptorKind {
  const path = major(stat.rdev) === 1 ? MEMORY_DEVICES[minor(stat.rdev)] : undefined;
  if (path !== undefined) return { kind: 'device', path, rdev: stat.rdev };
  if (TTY_MAJORS.includes(major(stat.rdev))) {
    if (stat.rdev === DEV_TTY || stat.rdev === BigInt(ttyNr)) return { kind: 'tty', path: link };
    refuse(fd, `${link}, a terminal that is not the controlling one`);
  }
  refuse(fd, `device ${link}`);
}

function describePipe(fd: number, link: string, info: Fdinfo, { pid }: DescriptorContext): DescriptorKind {
  const inode = pipeInode(link);
  if (inode === undefined) refuse(fd, `FIFO ${link}`);
  const end = (info.flags & 3) === O_WRONLY ? 'write' : 'read';
  return { kind: 'pipe', inode, end, capacity: peekPipe(pid, fd).capacity };
}

/** A pipe can be made anew only when nobody else holds an end, and both ends are here or the other is closed. */
function refuseForeignPipes(descriptors: readonly Descriptor[], { own }: DescriptorContext): void {
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
