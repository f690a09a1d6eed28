import { ElfreezeError } from '../../base/errors.ts';

/** @throws UNSUPPORTED naming the descriptor and what it leads to */
export function refuse(fd: number, what: string): never {
  throw new ElfreezeError('UNSUPPORTED', `fd ${fd} → ${what}`);
}
