import { hex } from '../base/range.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { ABSENT, type Difference, differ, differInFields } from './difference.ts';
import { comparePosixTimers, withoutTimers } from './posix-timers.ts';
import { nameOfThread, pairThreads } from './thread.ts';
import type { IntervalTimer } from '../snapshot/timers.ts';
import type { Siginfo } from '../snapshot/signals.ts';

/** The signal that each interval timer sends. @source setitimer(2) */
const TIMER_SIGNALS: Readonly<Record<number, number>> = { 0: 14, 1: 26, 2: 27 };
const TIMER_NAMES: Readonly<Record<number, string>> = { 0: 'real', 1: 'virtual', 2: 'profiling' };
/** Timers of CPU time are set a tick longer than asked for. @source kernel/time/itimer.c set_cpu_itimer */
const TICK_US = 10_000n;

/** Actions, what is queued, and the timers. */
export function compareSignals(recorded: Snapshot, found: Snapshot): Difference[] {
  const expired = recorded.itimers.filter((was) => mayHaveExpired(was, found));
  const mayBeMore = expired.map(({ which }) => TIMER_SIGNALS[which] ?? 0);
  const own = (infos: readonly Siginfo[]): Siginfo[] => withoutTimers(infos, recorded);
  return [
    ...compareActions(recorded, found),
    ...comparePending('process', own(recorded.pending), own(found.pending), mayBeMore),
    ...pairThreads(recorded, found).flatMap(([was, is]) =>
      comparePending(`${nameOfThread(recorded, was)}thread`, own(was.pending), own(is?.pending ?? []), []),
    ),
    ...recorded.itimers.flatMap((was) => compareTimer(was, found)),
    ...comparePosixTimers(recorded, found),
  ];
}

function compareActions(recorded: Snapshot, found: Snapshot): Difference[] {
  return recorded.actions.flatMap((was) => {
    const is = found.actions.find(({ signo }) => signo === was.signo);
    if (!is) return differ('signal action', String(was.signo), hex(was.handler), ABSENT);
    const print = { handler: hex, flags: hex, restorer: hex, mask: hex };
    return differInFields('signal action', String(was.signo), was, is, print);
  });
}

/** The same signals with the same information, in the same order. */
function comparePending(
  whose: string,
  was: readonly Siginfo[],
  is: readonly Siginfo[],
  mayBeMore: readonly number[],
): Difference[] {
  const known = was.map(({ signo }) => signo);
  const found = is.filter(({ signo }) => !mayBeMore.includes(signo) || known.includes(signo));
  const text = (info: Siginfo | undefined): string =>
    info
      ? `signal ${info.signo}: ${Buffer.from(info.bytes)
          .toString('hex')
          .replace(/(00)+$/, '')}`
      : ABSENT;
  const length = Math.max(was.length, found.length);
  return Array.from({ length }, (_, i) =>
    differ('pending signal', `${whose} ${i + 1}`, text(was[i]), text(found[i])),
  ).flat();
}

/** Real time runs on while the process is stopped: a timer that runs out leaves its signal, and waits until that is taken. */
function mayHaveExpired(was: IntervalTimer, found: Snapshot): boolean {
  return firstPeriod(was) > 0n && found.pending.some(({ signo }) => signo === TIMER_SIGNALS[was.which]);
}

/** A periodic real-time timer that had run out when it was recorded begins a new period. */
const firstPeriod = ({ which, valueUs, intervalUs }: IntervalTimer): bigint =>
  which === 0 && valueUs === 0n ? intervalUs : valueUs;

function compareTimer(was: IntervalTimer, found: Snapshot): Difference[] {
  const is = found.itimers.find(({ which }) => which === was.which);
  const name = TIMER_NAMES[was.which] ?? String(was.which);
  if (!is) return differ('interval timer', name, `${was.valueUs} µs`, ABSENT);
  const expired = mayHaveExpired(was, found);
  const period = firstPeriod(was);
  const most = (expired && was.intervalUs > period ? was.intervalUs : period) + (was.which === 0 ? 0n : TICK_US);
  const fits = is.valueUs === 0n ? period === 0n || expired : period > 0n && is.valueUs <= most;
  return [
    ...differ('interval timer', `${name} interval`, `${was.intervalUs} µs`, `${is.intervalUs} µs`),
    ...(fits ? [] : differ('interval timer', `${name} value`, `at most ${period} µs`, `${is.valueUs} µs`)),
  ];
}
