import { withDescriptor } from './borrowed.ts';
import { mustSyscall, syscall } from './linux.ts';
import { polled } from './sockets.ts';

/** @source include/uapi/asm-generic/ioctls.h; struct termios2 is the same for 32-bit processes */
const TCGETS2 = 0x802c_542a;
const TERMIOS2_SIZE = 44;
const TIOC = {
  GETD: 0x5424,
  GEXCL: 0x8004_5440,
  GSID: 0x5429,
  GWINSZ: 0x5413,
  GPKT: 0x8004_5438,
  GPTLCK: 0x8004_5439,
} as const;
const WINSIZE_SIZE = 8;
const POLLHUP = 0x10;

/** What a pseudo-terminal tells whoever has its master. */
export interface PtyState {
  /** struct termios2 of the slave. */
  readonly settings: Uint8Array;
  /** struct winsize. */
  readonly window: Uint8Array;
  readonly locked: boolean;
  readonly packet: boolean;
  /** The slave was open, and is closed. */
  readonly hungUp: boolean;
  /** It is the controlling terminal of a session. */
  readonly controls: boolean;
}

export const readPty = (pid: number, fd: number): PtyState =>
  withDescriptor(pid, fd, (own) => {
    const asked = (request: number, size: number): Uint8Array => {
      const room = new Uint8Array(size);
      mustSyscall('SYSCALL_FAILED', `ioctl ${request.toString(16)} of a pseudo-terminal`, 'ioctl', own, request, room);
      return room;
    };
    return {
      settings: asked(TCGETS2, TERMIOS2_SIZE),
      window: asked(TIOC.GWINSZ, WINSIZE_SIZE),
      locked: asked(TIOC.GPTLCK, 4)[0] !== 0,
      packet: asked(TIOC.GPKT, 4)[0] !== 0,
      hungUp: (polled(own, 0) & POLLHUP) !== 0,
      controls: syscall('ioctl', own, TIOC.GSID, new Uint8Array(4)) === 0,
    };
  });

/** What an end of a pseudo-terminal has that a new one has not, in words. */
export const unusualOf = (pid: number, fd: number): string | undefined =>
  withDescriptor(pid, fd, (own) => {
    const asked = (request: number): number => {
      const room = new Int32Array(1);
      return syscall('ioctl', own, request, new Uint8Array(room.buffer)) === 0 ? (room[0] ?? 0) : 0;
    };
    const discipline = asked(TIOC.GETD);
    if (discipline !== 0) return `of line discipline ${discipline}`;
    return asked(TIOC.GEXCL) === 0 ? undefined : 'in exclusive mode';
  });

/** struct termios2 of the terminal that a process has as `fd`; undefined when it has been hung up. */
export const terminalSettings = (pid: number, fd: number): Uint8Array | undefined =>
  withDescriptor(pid, fd, (own) => {
    const settings = new Uint8Array(TERMIOS2_SIZE);
    return syscall('ioctl', own, TCGETS2, settings) === 0 ? settings : undefined;
  });
