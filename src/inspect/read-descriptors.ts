import { describeAnonymous } from '../capture/descriptors/anonymous.ts';
import { describeSocket } from '../capture/descriptors/sockets.ts';
import { describeKind } from '../snapshot/files/descriptor-words.ts';
import { type Fdinfo, parseFdinfo } from '../proc/fdinfo.ts';
import { partition } from '../capture/descriptors/partition.ts';
import { openFileOrder } from '../sys/descriptors.ts';
import { statOf } from '../sys/files.ts';
import { procLink, procList, procStat, procText } from '../sys/procfs.ts';
import { openFlagNames } from './names.ts';
import type { ReportedDescriptor } from './shape.ts';
import type { Unread } from './unread.ts';

const O_CLOEXEC = 0o2000000;
const ACCESS_MODE = 3;
const O_WRONLY = 1;

/** What the descriptors of a process lead to. One that is closed meanwhile is left out. */
export function readDescriptors(pid: number, unread: Unread): ReportedDescriptor[] {
  const fds = (unread.try(() => procList(pid, 'fd')) ?? []).map(Number).sort((a, b) => a - b);
  // Those of which nothing is told are taken for different ones.
  const lowest = partition(fds, (a, b) => unread.try(() => openFileOrder(pid, a, b)) ?? a - b);
  return fds.flatMap((fd) => {
    const link = unread.try(() => procLink(pid, `fd/${fd}`));
    const info = unread.try(() => parseFdinfo(procText(pid, `fdinfo/${fd}`)));
    if (link === undefined || !info) return [];
    const shared = lowest.get(fd) ?? fd;
    return {
      fd,
      ...describe(pid, fd, link, info),
      flags: openFlagNames(BigInt(info.flags & ~O_CLOEXEC)),
      cloexec: (info.flags & O_CLOEXEC) !== 0,
      position: info.position,
      ...(shared === fd ? {} : { sharesWith: shared }),
    };
  });
}

function describe(pid: number, fd: number, link: string, info: Fdinfo): { kind: string; target: string } {
  const [, type, inode = ''] = /^(pipe|socket):\[(\d+)\]$/.exec(link) ?? [];
  if (type === 'socket') return { kind: 'socket', target: describeSocket(pid, BigInt(inode)) };
  const end = (info.flags & ACCESS_MODE) === O_WRONLY ? 'write end' : 'read end';
  if (type === 'pipe') return { kind: 'pipe', target: `${link}, ${end}` };
  if (link.startsWith('anon_inode:')) return describeUnnamed(pid, fd, link, info);
  return { kind: kindOf(pid, fd, link), target: link };
}

/** An eventfd and the like, as far as an image could have it. */
function describeUnnamed(pid: number, fd: number, link: string, info: Fdinfo): { kind: string; target: string } {
  try {
    const stat = procStat(pid, `fd/${fd}`);
    const kind = describeAnonymous({ fd, link, info, stat }, pid);
    return { kind: kind.kind, target: describeKind(kind) };
  } catch {
    return { kind: 'other', target: link }; // the answer: freeze says why it cannot be carried
  }
}

const TERMINAL = /^\/dev\/(tty|pts\/|console)/;

function kindOf(pid: number, fd: number, link: string): string {
  if (!link.startsWith('/')) return 'other'; // a socket that is gone, a namespace
  if (TERMINAL.test(link)) return 'tty';
  try {
    const stat = statOf(`/proc/${pid}/fd/${fd}`);
    if (stat?.isDirectory()) return 'directory';
    if (stat?.isCharacterDevice() || stat?.isBlockDevice()) return 'device';
    if (stat?.isFIFO()) return 'fifo';
    return stat?.isFile() ? 'file' : 'other';
  } catch {
    return 'other'; // not ours to look at
  }
}
