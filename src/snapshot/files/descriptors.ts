import type { NamelessFile } from './nameless-files.ts';

/** A file or directory that its path leads to. */
interface Named<K extends string> {
  readonly kind: K;
  readonly path: string;
  readonly dev: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly mode: number;
}

/** One file that an epoll instance watches. */
export interface EpollWatch {
  /** Number of the watched descriptor. */
  readonly target: number;
  /** EPOLL*. Without any but EPOLLONESHOT and its like it is disabled. */
  readonly events: number;
  readonly data: bigint;
}

/** One file that an inotify instance watches. */
export interface InotifyWatch {
  readonly wd: number;
  /** IN_* events, IN_ONESHOT and IN_EXCL_UNLINK. */
  readonly mask: number;
  /** One that leads to it; not necessarily the one by which it was added. */
  readonly path: string;
  readonly dev: bigint;
  readonly inode: bigint;
}

/** An option that a new socket does not have that way; `name` is the row of socket-options.ts. */
export interface SocketOption {
  readonly name: string;
  readonly value: Uint8Array;
}

/** TCP and UDP, of both versions. Addresses are whole struct sockaddr, empty where there is none. */
export interface InetSocket {
  readonly kind: 'inet';
  readonly inode: bigint;
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  /** `reset`: it was connected, and in the image its other end has closed it. */
  readonly state: 'open' | 'listening' | 'reset';
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  /** How many connections may wait where it listens. */
  readonly backlog: number;
  /** Of UDP. 1: nothing more is received, 2: nothing more can be sent. */
  readonly shutdown: number;
  readonly options: readonly SocketOption[];
}

export interface UnixSocket {
  readonly kind: 'unix';
  readonly inode: bigint;
  readonly type: number;
  /** `pair`: connected to another nameless socket of the process, or to one that is closed. */
  readonly state: 'open' | 'listening' | 'pair';
  /** Inode of the other socket of a pair; 0 when that is closed. */
  readonly peer: bigint;
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  /** Of the file it is bound to. */
  readonly mode: number;
  /** That file has been removed: the socket has its address, and nobody finds it there. */
  readonly unlinked: boolean;
  readonly backlog: number;
  /** 1: nothing more is received, 2: nothing more can be sent. */
  readonly shutdown: number;
  readonly options: readonly SocketOption[];
}

/**
 * What a descriptor refers to. A new kind is a member here, a row in schema/descriptors.ts and descriptor-words.ts, a file in
 * capture/descriptors, and one in plan/descriptors.
 */
export type DescriptorKind =
  /** Whatever the image's caller has there. */
  | { readonly kind: 'stdio' }
  | Named<'file'>
  | Named<'directory'>
  /** A memfd or a deleted file, which is among the snapshot's `nameless`. */
  | {
      readonly kind: 'nameless';
      readonly file: NamelessFile['kind'];
      readonly name: string;
      readonly dev: string;
      readonly inode: bigint;
    }
  | { readonly kind: 'device'; readonly path: string; readonly rdev: bigint }
  | { readonly kind: 'tty'; readonly path: string }
  /** The master of a pseudo-terminal whose every end the process has. */
  | {
      readonly kind: 'ptmx';
      readonly path: string;
      readonly index: number;
      /** struct termios2, 44 bytes. */
      readonly settings: Uint8Array;
      /** struct winsize, 8 bytes. */
      readonly window: Uint8Array;
      readonly locked: boolean;
      readonly packet: boolean;
      /** Its slave was open, and is closed. */
      readonly hungUp: boolean;
    }
  /** The slave of the master with the same number. */
  | { readonly kind: 'pts'; readonly path: string; readonly index: number }
  /** Whatever file is there when the image runs. */
  | { readonly kind: 'path'; readonly path: string }
  /** A file of procfs; where it was the process's own, it is so again: `/proc/self/…`. */
  | { readonly kind: 'proc'; readonly path: string }
  | {
      readonly kind: 'fifo';
      readonly path: string;
      readonly dev: bigint;
      readonly inode: bigint;
      readonly capacity: number;
    }
  | {
      readonly kind: 'pipe';
      readonly inode: bigint;
      /** `both` and `none` (O_PATH): it was opened by way of /proc, as the second of one end was. */
      readonly end: 'read' | 'write' | 'both' | 'none';
      /** Bytes; 0 where it is not told, as to O_PATH. */
      readonly capacity: number;
    }
  | { readonly kind: 'eventfd'; readonly count: bigint; readonly semaphore: boolean }
  | { readonly kind: 'signalfd'; readonly mask: bigint }
  | {
      readonly kind: 'timerfd';
      readonly clock: number;
      /** TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, as it was last set. */
      readonly setFlags: number;
      readonly intervalNs: bigint;
      /** Time left; 0 when it is disarmed. */
      readonly valueNs: bigint;
      /** Expirations that nobody has read yet. */
      readonly ticks: bigint;
      /** When it was to expire, for a timer set to a time of day: nanoseconds since 1970; otherwise 0. */
      readonly deadlineNs: bigint;
    }
  | { readonly kind: 'epoll'; readonly watches: readonly EpollWatch[] }
  /** In the order of their numbers. */
  | { readonly kind: 'inotify'; readonly watches: readonly InotifyWatch[] }
  | InetSocket
  | UnixSocket;

/** A lock that the process holds on a file: by itself (`record`), or through an open file: on a part or on the `whole` of it. */
export interface FileLock {
  readonly kind: 'record' | 'open-file' | 'whole';
  readonly write: boolean;
  readonly start: bigint;
  /** 0: to the end of the file, wherever that is. */
  readonly length: bigint;
}

/** O_ASYNC: who is told by which signal. */
export interface AsyncSignals {
  /** The process or its first thread, which are new ones in an image. */
  readonly owner: 'process' | 'first thread' | 'nobody';
  /** F_SETSIG; 0 for SIGIO. */
  readonly signal: number;
}

export type Descriptor = DescriptorKind & {
  readonly fd: number;
  /** O_* of the open file description, without O_CLOEXEC. */
  readonly flags: number;
  readonly cloexec: boolean;
  readonly position: bigint;
  /** The lowest descriptor that shares this open file description; its own number when it is that one. */
  readonly description: number;
  readonly locks: readonly FileLock[];
  readonly async?: AsyncSignals;
};

export type DescriptorOf<K extends Descriptor['kind']> = Extract<Descriptor, { readonly kind: K }>;

/** One function for each kind of descriptor. */
export type ByKind<Rest extends readonly unknown[], Result, D extends DescriptorKind = Descriptor> = {
  readonly [K in DescriptorKind['kind']]: (descriptor: Extract<D, { readonly kind: K }>, ...rest: Rest) => Result;
};

/** Calls the function of the descriptor's kind. */
export function callByKind<Rest extends readonly unknown[], Result, D extends DescriptorKind>(
  table: ByKind<Rest, Result, D>,
  descriptor: D,
  ...rest: Rest
): Result {
  const row = table[descriptor.kind] as (descriptor: D, ...rest: Rest) => Result;
  return row(descriptor, ...rest);
}

/** Bytes that wait inside a pipe or socket, oldest first; one element per packet where it keeps them apart, else one in all. */
export interface Contents {
  readonly inode: bigint;
  readonly packets: readonly Uint8Array[];
}
