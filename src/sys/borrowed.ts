import { closeSync } from 'node:fs';
import { mustSyscall } from './linux.ts';

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

/** Lets a periodic timer count the expirations that it missed while nobody read it. */
export function settleTimer(own: number): void {
  mustSyscall('SYSCALL_FAILED', 'timerfd_gettime', 'timerfd_gettime', own, new Uint8Array(32));
}
