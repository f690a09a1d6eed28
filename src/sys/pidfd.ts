import { closeSync } from 'node:fs';
import { ERRNO, mustSyscall, syscall } from './linux.ts';

/** A hold on one process. Its number alone is none: another process may have it by the next system call. */
export class ProcessHandle implements Disposable {
  private readonly fd: number;

  /** @throws NO_SUCH_PROCESS also for the number of a thread @source pidfd_open(2), Linux 5.3 */
  constructor(pid: number) {
    this.fd = mustSyscall('NO_SUCH_PROCESS', `process ${pid}`, 'pidfd_open', pid, 0);
  }

  /** Whether the number is still this process's: until it has ended and was waited for. @source pidfd_send_signal(2), Linux 5.1 */
  get hasItsNumber(): boolean {
    return syscall('pidfd_send_signal', this.fd, 0, 0, 0) !== -(ERRNO['ESRCH'] ?? 0);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
