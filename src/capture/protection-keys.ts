import { ElfreezeError } from '../base/errors.ts';
import type { Asked } from './ask.ts';

/** The lowest key that a program can be given. @source pkeys(7) */
const FIRST_KEY = 1n;

/**
 * Refuses a process that has protection keys (pkey_alloc): an image would have none, and give them out again.
 * @param asked has an address space of its own, or gives the key back: killed just then, one of fifteen would be lost
 * @param ofKernel how many the kernel itself may use: one, where there is memory that may only be executed
 * @throws UNSUPPORTED
 */
export function refuseProtectionKeys(asked: Asked, pid: number, ofKernel: number): void {
  const [key = 0n] = asked.ask([{ call: 'pkey_alloc', args: () => [0n, 0n], answer: (result) => result }]);
  if (key <= 0n) return; // the processor has none
  asked.ask([{ call: 'pkey_free', args: () => [key], answer: (result) => result }]);
  if (key > FIRST_KEY + BigInt(ofKernel))
    throw new ElfreezeError('UNSUPPORTED', `process ${pid} → protection keys (pkey_alloc)`);
}
