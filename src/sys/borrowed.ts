import { closeSync } from 'node:fs';
import { mustSyscall, syscall } from './linux.ts';

/**
 * Calls `use` with a descriptor of ours for the open file that another process has as `fd`: what it is told is that
 * process's own file, so only look. @throws NOT_PERMITTED where ptrace(2) would not be allowed either
 * @source pidfd_getfd(2), Linux 5.6
 */
export function withDescriptor<T>(pid: number, fd: number, use: (own: number) => T): T {
  const process = mustSyscall('NO_SUCH_PROCESS', `process ${pid}`, 'pidfd_open', pid, 0);
  try {
    const own = mustSyscall('NOT_PERMITTED', `descriptor ${fd} of process ${pid}`, 'pidfd_getfd', process, fd, 0);
    try {
      return use(own);
    } finally {
      closeSync(own);
    }
  } finally {
    closeSync(process);
  }
}

/** @source fcntl(2); include/uapi/asm-generic/fcntl.h */
const F = { GETSIG: 11, GETOWN_EX: 16 } as const;

/** Who gets the signals of an open file with O_ASYNC: F_OWNER_* and the id, 0 for nobody; and F_GETSIG. */
export function asyncOwner(own: number): { type: number; id: number; signal: number } {
  const owner = new Int32Array(2);
  mustSyscall('SYSCALL_FAILED', 'F_GETOWN_EX', 'fcntl', own, F.GETOWN_EX, new Uint8Array(owner.buffer));
  const [type = 0, id = 0] = owner;
  return { type, id, signal: mustSyscall('SYSCALL_FAILED', 'F_GETSIG', 'fcntl', own, F.GETSIG) };
}

/** EPIOCGPARAMS. @since Linux 6.9 */
const GET_EPOLL_PARAMETERS = 0x8008_8a02;

/** Whether an epoll instance has been told how to poll network devices by itself. */
export function pollsBusily(own: number): boolean {
  const parameters = new Uint8Array(8);
  return syscall('ioctl', own, GET_EPOLL_PARAMETERS, parameters) === 0 && parameters.some((byte) => byte !== 0);
}

/** Lets a periodic timer count the expirations that it missed while nobody read it. */
export function settleTimer(own: number): void {
  mustSyscall('SYSCALL_FAILED', 'timerfd_gettime', 'timerfd_gettime', own, new Uint8Array(32));
}

/** How many bytes can be read. @source ioctl_tty(2), inotify(7), unix(7) */
export const FIONREAD = 0x541b;

/** Bytes that can be read from an end of a pseudo-terminal, or of the events of inotify. */
export const waitingIn = (pid: number, fd: number): number =>
  withDescriptor(pid, fd, (own) => {
    const count = new Int32Array(1);
    return syscall('ioctl', own, FIONREAD, new Uint8Array(count.buffer)) === 0 ? (count[0] ?? 0) : 0;
  });
