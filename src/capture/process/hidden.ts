import { ElfreezeError } from '../../base/errors.ts';
import type { Asked } from '../borrow/ask.ts';
import { refuseRestricted } from './landlock.ts';
import type { Loan } from '../borrow/loan.ts';
import { refuseProtectionKeys } from './protection-keys.ts';

/**
 * Refuses what the kernel does not report, and shows only to who asks for more.
 * @param asked a copy of the process, which loses rights by it, or a process beside it
 * @throws UNSUPPORTED
 */
export function refuseHidden(asked: Asked, pid: number): void {
  refuseRestricted(asked, pid, pid);
  refuseProtectionKeys(asked, pid);
}

/** Asks beside the process, whose thread keeps its rights. Where it may not fork nobody can ask. @throws UNSUPPORTED */
export function askBeside(loan: Loan, ask: (asked: Asked) => void): void {
  try {
    loan.aside(ask);
  } catch (error) {
    if (!(error instanceof ElfreezeError) || error.code !== 'SYSCALL_FAILED') throw error;
  }
}
