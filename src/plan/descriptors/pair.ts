import type { SyscallName } from '../../arch/syscalls.ts';
import type { Slot } from '../../restorer/steps.ts';
import type { Program } from '../program.ts';
import { F } from './number.ts';

interface PairCall {
  readonly call: SyscallName;
  readonly args: readonly bigint[];
}

/**
 * Makes two connected descriptors. Both go above every number of the process's own, so that neither is in another's way.
 * @param made the call, given where it writes the two numbers
 * @returns their slots, which the caller closes and releases
 */
export function makePair(
  program: Program,
  above: bigint,
  what: string,
  made: (pair: bigint) => PairCall,
): readonly [Slot, Slot] {
  const pair = program.put(new Uint8Array(16));
  const ends = [program.slot(), program.slot()] as const;
  const { call, args } = made(pair);
  program.call(call, args, `make ${what}`);
  ends.forEach((slot, index) => {
    const low = program.slot();
    program.do('copy', [program.slotAddress(low), pair + BigInt(4 * index), 4n], 'look which end it is');
    program.call('fcntl', [low, F.DUPFD_CLOEXEC, above], `move the end of ${what} away`, { keep: slot });
    program.call('close', [low], 'close the temporary descriptor');
    program.releaseSlot();
  });
  return ends;
}
