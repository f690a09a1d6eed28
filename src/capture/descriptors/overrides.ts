import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';

/** What `--fd N=…` may say besides a path, and `--outside` too: `drop` leaves nothing. */
const OVERRIDES: Readonly<Record<string, DescriptorKind>> = {
  inherit: { kind: 'stdio' },
  null: { kind: 'device', path: '/dev/null', rdev: 0x103n },
};

/** What becomes of descriptors above 2 that lead outside the process. */
export type OutsideChoice = 'refuse' | 'drop' | 'null' | 'inherit';

export interface Choice {
  readonly stdio: 'caller' | 'reopen';
  readonly fds?: Readonly<Record<number, string>>;
}

/** Standard input, output and error: for `--stdio` to say. */
export const isStandard = (fd: number): boolean => fd <= 2;

/** Whether what a descriptor leads to goes along. */
export const isCarried = (fd: number, { stdio, fds = {} }: Choice): boolean =>
  fds[fd] === undefined && !(stdio === 'caller' && isStandard(fd));

export const isDropped = (fd: number, { fds = {} }: Choice): boolean => fds[fd] === 'drop';

/** What a descriptor becomes that is not carried. */
export function overrideOf(fd: number, { fds = {} }: Choice): DescriptorKind {
  const chosen = fds[fd] ?? 'inherit';
  return OVERRIDES[chosen] ?? { kind: 'path', path: chosen };
}
