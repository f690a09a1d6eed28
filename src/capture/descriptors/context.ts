import type { FileStat } from '../../sys/files.ts';
import type { DescriptorState } from './state.ts';

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
}

/** One descriptor as it was found. */
export interface Seen extends DescriptorState {
  readonly stat: FileStat;
}
