import type { Arch } from '../../arch/arch.ts';
import { settleRegisters } from '../../arch/settle.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Registers, Thread } from '../../snapshot/thread.ts';

const SIG_IGN = 1n;

/** The registers a thread goes on with. An interrupted call begins anew, unless a waiting signal is about to interrupt it. */
export function finalRegisters(arch: Arch, snapshot: Snapshot, thread: Thread): Registers {
  const settled = settleRegisters(arch, thread.registers, thread.lostSyscall, flagsOfNextHandler(snapshot, thread));
  const abort = thread.rseq?.abort;
  return abort === undefined ? settled : { ...settled, [arch.ip]: abort };
}

/** sa_flags of the handler that runs before anything else, when one does: the lowest signal is delivered first. */
function flagsOfNextHandler({ actions, pending }: Snapshot, thread: Thread): bigint | undefined {
  const deliverable = [...thread.pending, ...pending]
    .map(({ signo }) => signo)
    .filter((signo) => ((thread.sigmask >> BigInt(signo - 1)) & 1n) === 0n)
    .sort((a, b) => a - b);
  const handlers = deliverable
    .map((signo) => actions.find((action) => action.signo === signo))
    .filter((action) => action && action.handler > SIG_IGN);
  return handlers[0]?.flags;
}
