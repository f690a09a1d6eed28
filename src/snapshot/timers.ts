import type { Siginfo } from './signals.ts';

/** timer_create(2). Nanoseconds. */
export interface PosixTimer {
  readonly id: number;
  /** As the process itself calls it; clocks of its own CPU time are negative. */
  readonly clock: number;
  /** sigev_notify. */
  readonly notify: number;
  readonly signo: number;
  /** sigev_value. */
  readonly value: bigint;
  /** The thread that gets the signal, with SIGEV_THREAD_ID. */
  readonly tid?: number;
  readonly intervalNs: bigint;
  /** What is left; 0: it is off. */
  readonly valueNs: bigint;
}

export const SIGEV_THREAD_ID = 4;
const SI_TIMER = -2;

/** The id of the timer that sent a signal. @source struct siginfo, `_timer`, in the 64-bit layout */
export function sendingTimer({ bytes }: Siginfo): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.getInt32(8, true) === SI_TIMER ? view.getInt32(16, true) : undefined;
}

/**
 * Whether the signal is one of a periodic timer. It counts what it misses until the signal is taken, and starts anew then: for
 * its own signal only, not for one that is queued by hand. @source kernel/signal.c dequeue_signal, __do_notify
 */
export const isSentByPeriodic = (info: Siginfo, timers: readonly PosixTimer[]): boolean =>
  timers.some(({ id, intervalNs }) => intervalNs > 0n && id === sendingTimer(info));

/** setitimer(2). Microseconds. */
export interface IntervalTimer {
  readonly which: number;
  readonly intervalUs: bigint;
  readonly valueUs: bigint;
}
