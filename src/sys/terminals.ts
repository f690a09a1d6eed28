import { withDescriptor } from './borrowed.ts';
import { syscall } from './linux.ts';

/** @source include/uapi/asm-generic/ioctls.h; struct termios2 is the same for 32-bit processes */
const TCGETS2 = 0x802c_542a;
const TERMIOS2_SIZE = 44;

/** struct termios2 of the terminal that a process has as `fd`; undefined when it has been hung up. */
export const terminalSettings = (pid: number, fd: number): Uint8Array | undefined =>
  withDescriptor(pid, fd, (own) => {
    const settings = new Uint8Array(TERMIOS2_SIZE);
    return syscall('ioctl', own, TCGETS2, settings) === 0 ? settings : undefined;
  });
