import { ElfreezeError } from '../../base/errors.ts';
import { isStandard } from './overrides.ts';

/** A descriptor that cannot be carried. */
export interface Refused {
  readonly fd: number;
  /** What it leads to, and why that is not carried. */
  readonly what: string;
  /** Some other process holds it too, or its other end: `--outside` is about these. */
  readonly isOutside: boolean;
  /** What to do, where that is not to leave out the descriptor. */
  readonly hint?: string;
}

/** One descriptor is refused: all that are make up one error in the end. */
export class DescriptorError extends ElfreezeError {
  readonly refused: Refused;

  constructor(refused: Refused) {
    super('UNSUPPORTED', wordsOf([refused]), { hint: hintFor([refused]) });
    this.refused = refused;
  }
}

/** @throws UNSUPPORTED naming the descriptor and what it leads to */
export function refuse(fd: number, what: string, more: { readonly hint?: string } = {}): never {
  throw new DescriptorError({ fd, what, isOutside: false, ...more });
}

/** As `refuse`, of what leads outside the process. @throws UNSUPPORTED */
export function refuseOutside(fd: number, what: string): never {
  throw new DescriptorError({ fd, what, isOutside: true });
}

/** All of them in one line, by number. @param refused at least one */
export function refusalOf(refused: readonly Refused[]): ElfreezeError {
  const ordered = [...refused].sort((a, b) => a.fd - b.fd);
  return new ElfreezeError('UNSUPPORTED', wordsOf(ordered), { hint: hintFor(ordered) });
}

/** `fd 3, 4 → pipe:[7], whose …; fd 5 → …` */
function wordsOf(refused: readonly Refused[]): string {
  const numbers = new Map<string, number[]>();
  for (const { fd, what } of refused) numbers.set(what, [...(numbers.get(what) ?? []), fd]);
  return [...numbers].map(([what, fds]) => `fd ${fds.join(', ')} → ${what}`).join('; ');
}

/** What the user can do, in the order of how much it does at once. */
function hintFor(refused: readonly Refused[]): string {
  const own = refused.find(({ hint }) => hint !== undefined)?.hint;
  if (own !== undefined) return own;
  const remedies = [
    ...(refused.some(({ fd, isOutside }) => isOutside && !isStandard(fd)) ? ['--outside=drop|null|inherit'] : []),
    ...(refused.some(({ fd }) => isStandard(fd)) ? ['--stdio=caller'] : []),
    '--fd N=drop|null|inherit|PATH',
  ];
  return `freeze with ${remedies.join(' or ')} to leave out what cannot be carried (docs/limits.md)`;
}
