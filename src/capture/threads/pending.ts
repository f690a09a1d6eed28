import type { Siginfo } from '../../snapshot/signals.ts';
import type { Thread } from '../../snapshot/thread.ts';

interface Queues {
  /** For the process as a whole. */
  readonly pending: readonly Siginfo[];
  readonly threads: readonly Thread[];
}

/**
 * A signal for the process that not every thread blocks is on its way to one that does not: the first thread if it can, as
 * the kernel chooses too. Left to whichever is first to go on, it would not interrupt the system call of the one whose
 * call is not begun anew. A process with one thread needs none of this. @source kernel/signal.c complete_signal
 */
export function assignPending(pending: readonly Siginfo[], threads: readonly Thread[]): Queues {
  if (threads.length === 1) return { pending, threads };
  const takerOf = ({ signo }: Siginfo): Thread | undefined =>
    threads.find(({ sigmask }) => ((sigmask >> BigInt(signo - 1)) & 1n) === 0n);
  return {
    pending: pending.filter((info) => takerOf(info) === undefined),
    threads: threads.map((thread) => ({
      ...thread,
      pending: [...thread.pending, ...pending.filter((info) => takerOf(info) === thread)],
    })),
  };
}
