import type { SyscallName } from '../../arch/syscalls.ts';
import type { Program } from '../program/program.ts';

interface PairCall {
  readonly call: SyscallName;
  readonly args: readonly bigint[];
}

const O_CLOEXEC = 0o2000000n;

/**
 * Makes two connected descriptors.
 * @param numbers that they get, which the process has no descriptors of, so that neither is in another's way; the caller closes them
 * @param made the call, given where it writes the numbers that it chose
 */
export function makePair(
  program: Program,
  numbers: readonly [bigint, bigint],
  what: string,
  made: (pair: bigint) => PairCall,
): void {
  const pair = program.answer;
  const { call, args } = made(pair);
  program.call(call, args, `make ${what}`);
  numbers.forEach((number, index) => {
    const low = program.slot();
    program.do('copy', [program.slotAddress(low), pair + BigInt(4 * index), 4n], 'look which end it is');
    program.call('dup3', [low, number, O_CLOEXEC], `move the end of ${what} away`);
    program.call('close', [low], 'close the temporary descriptor');
    program.releaseSlot();
  });
}
