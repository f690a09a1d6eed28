import { ElfreezeError } from '../base/errors.ts';

/** One timer of /proc/PID/timers. */
export interface TimerEntry {
  readonly id: number;
  readonly signo: number;
  /** sigev_value, as wide as a pointer of the kernel. */
  readonly value: bigint;
  /** sigev_notify, but for SIGEV_THREAD_ID, which `ofThread` tells. */
  readonly notify: 'signal' | 'none' | 'thread';
  readonly ofThread: boolean;
  /** The process or thread that gets the signal, also when it is no more. */
  readonly receiver: number;
  /** As timer_create(2) was told, but that the CPU time of the caller has the number of a clock of nobody in particular: −6 and −2. */
  readonly clock: number;
}

const ENTRY =
  /ID: (\d+)\nsignal: (\d+)\/([0-9a-f]+)\nnotify: (signal|none|thread)\/(pid|tid)\.(\d+)\nClockID: (-?\d+)\n/y;

/** @throws PROC_UNPARSABLE @source proc_pid_timers(5); fs/proc/base.c show_timer, v6.18 */
export function parseTimers(text: string): TimerEntry[] {
  const entries: TimerEntry[] = [];
  for (let at = 0; at < text.length; at = ENTRY.lastIndex) {
    ENTRY.lastIndex = at;
    const match = ENTRY.exec(text);
    if (!match) throw new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/timers says "${text.slice(at).trimEnd()}"`);
    const [, id, signo, value, notify, whose, receiver, clock] = match;
    entries.push({
      id: Number(id),
      signo: Number(signo),
      value: BigInt(`0x${value}`),
      notify: notify as TimerEntry['notify'],
      ofThread: whose === 'tid',
      receiver: Number(receiver),
      clock: Number(clock),
    });
  }
  return entries;
}
