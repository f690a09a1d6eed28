import type { DescriptorKind } from '../../snapshot/snapshot.ts';

/** What `--fd N=…` may say besides a path. */
const OVERRIDES: Readonly<Record<string, DescriptorKind>> = {
  inherit: { kind: 'stdio' },
  null: { kind: 'device', path: '/dev/null', rdev: 0x103n },
};

export interface Choice {
  readonly stdio: 'caller' | 'reopen';
  readonly fds?: Readonly<Record<number, string>>;
}

/** Whether what a descriptor leads to goes along. */
export const isCarried = (fd: number, { stdio, fds = {} }: Choice): boolean =>
  fds[fd] === undefined && !(stdio === 'caller' && fd <= 2);

export const isDropped = (fd: number, { fds = {} }: Choice): boolean => fds[fd] === 'drop';

/** What a descriptor becomes that is not carried. */
export function overrideOf(fd: number, { fds = {} }: Choice): DescriptorKind {
  const chosen = fds[fd] ?? 'inherit';
  return OVERRIDES[chosen] ?? { kind: 'path', path: chosen };
}
