import type { Range } from '../base/range.ts';
import { toJson } from './json.ts';
import type { Snapshot } from './snapshot.ts';

/** What an image says of itself, in the note `elfreeze`. */
export interface Description {
  readonly snapshot: Snapshot;
  readonly lazy: boolean;
  /** How the program break comes back; with `layout` only brk itself is as recorded, not the rest of the layout. */
  readonly brk: 'prctl' | 'layout';
  /** Where the file keeps the memory. */
  readonly stored: readonly { readonly address: bigint; readonly size: bigint; readonly offset: bigint }[];
  /** Where it keeps what is in nameless file number `file` from `start` on. */
  readonly storedFiles: readonly {
    readonly file: number;
    readonly start: bigint;
    readonly size: bigint;
    readonly offset: bigint;
  }[];
  /** Memory that will not be as recorded, and why. */
  readonly differences: readonly (Range & { readonly reason: string })[];
  /** What the restorer leaves mapped. */
  readonly remains: Range;
}

export const describeImage = (description: Description): Uint8Array => Buffer.from(toJson(description));
