import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Program } from '../program/program.ts';
import type { Ends } from './ends.ts';
import type { Descriptor, DescriptorKind, DescriptorOf } from '../../snapshot/files/descriptors.ts';

export interface RestoreContext {
  readonly program: Program;
  readonly snapshot: Snapshot;
  /** Open files by what they lead to, and what waits there. */
  readonly ends: Ends;
  /** The first of the numbers that the process has no descriptors of: what is only needed meanwhile goes there. */
  readonly above: bigint;
  /** What another descriptor's steps have put back already. */
  readonly done: Set<Descriptor>;
}

export type Restore<K extends DescriptorKind['kind']> = (descriptor: DescriptorOf<K>, context: RestoreContext) => void;
