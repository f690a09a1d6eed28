import type { Range } from '../../base/range.ts';
import type { Arch } from '../../arch/arch.ts';
import type { Step } from '../../restorer/steps.ts';
import type { Segment } from './segment.ts';

/** Memory of the continued process that is not what the snapshot recorded, and why. There are no others. */
export interface Difference extends Range {
  readonly reason: string;
}

/** Everything about an image but where its parts lie in the file. */
export interface Plan {
  readonly arch: Arch;
  readonly entry: bigint;
  /** Ascending by address. */
  readonly segments: readonly Segment[];
  readonly steps: readonly Step[];
  readonly differences: readonly Difference[];
  /** What a rehearsal of the image leaves out, in words. */
  readonly notRehearsed: readonly string[];
  /** What the restorer leaves mapped. */
  readonly remains: Range;
}
