import type { Descriptor, DescriptorKind, DescriptorOf, Snapshot } from '../../snapshot/snapshot.ts';
import type { Program } from '../program.ts';

export interface RestoreContext {
  readonly program: Program;
  readonly snapshot: Snapshot;
  /** The first number above all of the process's own: what is only needed meanwhile goes there. */
  readonly above: bigint;
  /** What another descriptor's steps have put back already. */
  readonly done: Set<Descriptor>;
}

export type Restore<K extends DescriptorKind['kind']> = (descriptor: DescriptorOf<K>, context: RestoreContext) => void;
