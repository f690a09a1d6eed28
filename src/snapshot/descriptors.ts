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

/**
 * What a descriptor refers to. A new kind is a member here, a row in descriptor-schema.ts and descriptor-words.ts, a file in
 * capture/descriptors, and one in plan/descriptors.
 */
export type DescriptorKind =
  /** Whatever the image's caller has there. */
  | { readonly kind: 'stdio' }
  | Named<'file'>
  | Named<'directory'>
  | { readonly kind: 'device'; readonly path: string; readonly rdev: bigint }
  | { readonly kind: 'tty'; readonly path: string }
  | { readonly kind: 'pipe'; readonly inode: bigint; readonly end: 'read' | 'write'; readonly capacity: number }
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
  | { readonly kind: 'epoll'; readonly watches: readonly EpollWatch[] };

export type Descriptor = DescriptorKind & {
  readonly fd: number;
  /** O_* of the open file description, without O_CLOEXEC. */
  readonly flags: number;
  readonly cloexec: boolean;
  readonly position: bigint;
  /** The lowest descriptor that shares this open file description; its own number when it is that one. */
  readonly description: number;
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

/** Bytes inside a pipe, oldest first; one element per packet for O_DIRECT pipes, else one in all. */
export interface PipeContents {
  readonly inode: bigint;
  readonly packets: readonly Uint8Array[];
}
