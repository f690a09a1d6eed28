import { describe, expect, it } from 'vitest';
import type { Siginfo } from '../../snapshot/signals.ts';
import type { Thread } from '../../snapshot/thread.ts';
import { sampleThread } from '../../snapshot/testdata/sample.ts';
import { assignPending } from './pending.ts';

const signal = (signo: number): Siginfo => ({ signo, bytes: Uint8Array.of(signo) });
const thread = (tid: number, ...blocked: number[]): Thread => ({
  ...sampleThread,
  tid,
  sigmask: blocked.reduce((mask, signo) => mask | (1n << BigInt(signo - 1)), 0n),
  pending: [signal(34)],
});
const numbers = (infos: readonly Siginfo[]): number[] => infos.map(({ signo }) => signo);

describe('a signal for the process', () => {
  it('stays for the process when every thread blocks it', () => {
    const { pending, threads } = assignPending([signal(10)], [thread(1, 10), thread(2, 10)]);
    expect(numbers(pending)).toEqual([10]);
    expect(threads.map((each) => numbers(each.pending))).toEqual([[34], [34]]);
  });

  it('is that of the first thread that does not block it', () => {
    const { pending, threads } = assignPending([signal(10), signal(12)], [thread(1, 10), thread(2), thread(3)]);
    expect(numbers(pending)).toEqual([]);
    expect(threads.map((each) => numbers(each.pending))).toEqual([[34, 12], [34, 10], [34]]);
  });

  it('stays for the process when it has one thread', () => {
    const only = [thread(1)];
    expect(assignPending([signal(10)], only)).toEqual({ pending: [signal(10)], threads: only });
  });
});
