import type { Range } from '../../src/base/range.ts';

/** One thing that is not as it was. */
export interface Difference {
  /** `mapping`, `bytes`, `register`, … */
  readonly kind: string;
  /** Where or which: an address, a register's name. */
  readonly at: string;
  readonly before: string;
  readonly after: string;
  /** The addresses that it is about. */
  readonly place?: Range;
  /** Where bytes differ. */
  readonly page?: DifferingPage;
}

export interface DifferingPage {
  readonly address: bigint;
  readonly before: Buffer;
  readonly after: Buffer;
  /** Offsets of the bytes that should not differ. */
  readonly differing: readonly number[];
}

/** Only `differs` is evidence against the tool. */
export type Verdict =
  | { readonly outcome: 'same' }
  | { readonly outcome: 'differs'; readonly differences: readonly [Difference, ...Difference[]] }
  | { readonly outcome: 'unsupported'; readonly feature: string }
  | { readonly outcome: 'infra'; readonly cause: string; readonly console: string };

export function verdictOf(differences: readonly Difference[]): Verdict {
  const [first, ...rest] = differences;
  return first ? { outcome: 'differs', differences: [first, ...rest] } : { outcome: 'same' };
}

export const formatDifference = ({
  kind,
  at,
  before,
  after,
}: Pick<Difference, 'kind' | 'at' | 'before' | 'after'>): string => `${kind} ${at}: ${after}, was ${before}`;
