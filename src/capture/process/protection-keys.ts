import { ElfreezeError } from '../../base/errors.ts';
import { PAGE } from '../../base/range.ts';
import type { Asked } from '../borrow/ask.ts';

/** Those that a program can be given; key 0 is everybody's. @source pkeys(7) */
const KEYS = Array.from({ length: 15 }, (_, i) => BigInt(i + 1));
/** A page above all that a process can ever have, by the width of its words. */
const NOWHERE: Readonly<Record<number, bigint>> = { 8: 1n << 63n, 4: 0xffff_e000n };
const ENOMEM = -12n;

/**
 * Refuses a process that has protection keys (pkey_alloc): an image would have none, and give them out again. The key that the kernel
 * itself takes for memory that may only be executed is no program's, and stays taken when there is no such memory any more.
 *
 * Whose a key is, pkey_mprotect tells where nothing is mapped: EINVAL for a key that the program was not given, else ENOMEM.
 * @source mm/mprotect.c do_mprotect_pkey, arch/x86/include/asm/pkeys.h mm_pkey_is_allocated, v5.10 to v7.3
 * @throws UNSUPPORTED
 */
export function refuseProtectionKeys(asked: Asked, pid: number): void {
  const nowhere = NOWHERE[asked.arch.wordSize] ?? 0n;
  const answers = asked.ask(
    KEYS.map((key) => ({
      call: 'pkey_mprotect' as const,
      args: () => [nowhere, PAGE, 0n, key],
      answer: (result: bigint) => result,
    })),
  );
  if (answers.includes(ENOMEM)) throw new ElfreezeError('UNSUPPORTED', `process ${pid} → protection keys (pkey_alloc)`);
}
