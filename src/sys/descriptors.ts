import { closeSync, constants, openSync, readSync } from 'node:fs';
import { ElfreezeError } from '../base/errors.ts';
import { withDescriptor } from './borrowed.ts';
import { mustSyscall, syscall } from './linux.ts';

const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const SPLICE_F_NONBLOCK = 2;
const KCMP_FILE = 0;
const KCMP_EPOLL_TFD = 7;

/** By the kernel's answer. @source kcmp(2): 3 means that it does not order them */
const ORDER: Readonly<Record<number, number>> = { 0: 0, 1: -1, 2: 1 };

/**
 * How two descriptors of a process compare in the kernel's order of open file descriptions, which holds until the next boot: 0 when they
 * share one, negative when that of `a` comes first.
 * @throws SYSCALL_FAILED
 */
export function openFileOrder(pid: number, a: number, b: number): number {
  const answer = mustSyscall('SYSCALL_FAILED', 'kcmp', 'kcmp', pid, pid, KCMP_FILE, a, b);
  const order = ORDER[answer];
  if (order === undefined) throw new ElfreezeError('SYSCALL_FAILED', `kcmp: ${answer} for descriptors ${a} and ${b}`);
  return order;
}

/**
 * Whether the open file that is now descriptor `target` is what the `nth` watch of that number in an epoll instance is of.
 * @source kcmp(2), struct kcmp_epoll_slot
 */
export function isWatched(pid: number, epoll: number, target: number, nth: number): boolean {
  const slot = new Uint8Array(Uint32Array.of(epoll, target, nth).buffer);
  return syscall('kcmp', pid, pid, KCMP_EPOLL_TFD, target, slot) === 0;
}

/** Bytes that a pipe of another process has room for. @param fd any of its ends, but one by O_PATH */
export const pipeCapacity = (pid: number, fd: number): number => withPipe(pid, fd, capacityOf);

/** What a pipe of another process holds, left in place. @param fd any of its ends that can be read */
export const peekPipe = (pid: number, fd: number): Uint8Array[] => withPipe(pid, fd, packetsIn);

function withPipe<T>(pid: number, fd: number, use: (own: number) => T): T {
  try {
    return withDescriptor(pid, fd, use);
  } catch (error) {
    if (!(error instanceof ElfreezeError) || error.code !== 'NOT_PERMITTED') throw error;
    // Some containers forbid pidfd_getfd. Opened anew it does as well, but that can be watched by inotify.
    const own = openSync(`/proc/${pid}/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return use(own);
    } finally {
      closeSync(own);
    }
  }
}

const capacityOf = (own: number): number => mustSyscall('SYSCALL_FAILED', 'F_GETPIPE_SZ', 'fcntl', own, F_GETPIPE_SZ);

function packetsIn(own: number): Uint8Array[] {
  const ends = new Int32Array(2);
  mustSyscall('SYSCALL_FAILED', 'pipe2', 'pipe2', new Uint8Array(ends.buffer), constants.O_NONBLOCK);
  const [read = -1, write = -1] = ends;
  try {
    const capacity = capacityOf(own);
    mustSyscall('SYSCALL_FAILED', 'F_SETPIPE_SZ', 'fcntl', write, F_SETPIPE_SZ, capacity);
    return syscall('tee', own, write, capacity, SPLICE_F_NONBLOCK) > 0 ? drain(read, capacity) : [];
  } finally {
    for (const end of [read, write]) closeSync(end);
  }
}

/** Everything in a pipe; a packet pipe (O_DIRECT) gives one packet a read, any other all at once. */
function drain(fd: number, capacity: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const buffer = Buffer.alloc(capacity);
  for (;;) {
    const count = readAvailable(fd, buffer);
    if (count === 0) return packets;
    packets.push(Uint8Array.from(buffer.subarray(0, count)));
  }
}

function readAvailable(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw new ElfreezeError('READ_FAILED', 'a pipe of the process cannot be read', { cause: error });
  }
}
