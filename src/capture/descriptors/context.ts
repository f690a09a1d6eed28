import type { OutsideChoice } from './overrides.ts';

/** What of descriptors is for the caller to say. */
export interface DescriptorOptions {
  readonly stdio: 'caller' | 'reopen';
  /** What becomes of TCP connections; by default they are refused. */
  readonly tcp?: 'refuse' | 'close';
  /** What becomes of single descriptors, instead of being carried: overrides.ts. */
  readonly fds?: Readonly<Record<number, string>>;
  /** What becomes of those above 2 that lead outside the process; by default they are refused. */
  readonly outside?: OutsideChoice;
}

export interface DescriptorContext {
  /** The process; its copy's descriptors are the same open file descriptions. */
  readonly pid: number;
  /** The process itself and its copy: others that hold a pipe's end are strangers. */
  readonly own: readonly number[];
  readonly ttyNr: number;
  readonly stdio: 'caller' | 'reopen';
  /** Whether a TCP connection is refused, or carried as one that its other end has reset. */
  readonly tcp: 'refuse' | 'close';
  /** What becomes of single descriptors, by number: overrides.ts. */
  readonly fds: Readonly<Record<number, string>>;
  readonly outside: OutsideChoice;
}
