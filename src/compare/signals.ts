import { hex } from '../base/range.ts';
import type { IntervalTimer, Siginfo, Snapshot } from '../snapshot/snapshot.ts';
import { ABSENT, type Difference, differ, differInFields } from './difference.ts';

/** The signal that each interval timer sends. @source setitimer(2) */
const TIMER_SIGNALS: Readonly<Record<number, number>> = { 0: 14, 1: 26, 2: 27 };
const TIMER_NAMES: Readonly<Record<number, string>> = { 0: 'real', 1: 'virtual', 2: 'profiling' };
/** Timers of CPU time are set a tick longer than asked for. @source kernel/time/itimer.c set_cpu_itimer */
const TICK_US = 10_000n;

/** Actions, what is queued, and the interval timers. */
export function compareSignals(recorded: Snapshot, found: Snapshot): Difference[] {
  const expired = recorded.itimers.filter((was) => hasExpired(was, recorded, found)).map(({ which }) => which);
  const mayBeMore = expired.map((which) => TIMER_SIGNALS[which] ?? 0);
  return [
    ...compareActions(recorded, found),
    ...comparePending('process', recorded.pending, found.pending, mayBeMore),
    ...comparePending('thread', recorded.threads[0]?.pending ?? [], found.threads[0]?.pending ?? [], []),
    ...recorded.itimers.flatMap((was) => compareTimer(was, found, expired.includes(was.which))),
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

/** Real time runs on while the process is stopped: a timer that has run out since has left its signal. */
function hasExpired({ which, valueUs }: IntervalTimer, recorded: Snapshot, found: Snapshot): boolean {
  const signal = TIMER_SIGNALS[which];
  const queued = ({ pending }: Snapshot): boolean => pending.some(({ signo }) => signo === signal);
  return valueUs > 0n && queued(found) && !queued(recorded);
}

function compareTimer(was: IntervalTimer, found: Snapshot, expired: boolean): Difference[] {
  const is = found.itimers.find(({ which }) => which === was.which) ?? {
    which: was.which,
    intervalUs: 0n,
    valueUs: 0n,
  };
  const name = TIMER_NAMES[was.which] ?? String(was.which);
  const interval = differ('interval timer', `${name} interval`, `${was.intervalUs} µs`, `${is.intervalUs} µs`);
  const most = (expired ? was.intervalUs : was.valueUs) + (was.which === 0 ? 0n : TICK_US);
  const running =
    was.valueUs > 0n
      ? expired && was.intervalUs === 0n
        ? is.valueUs === 0n
        : is.valueUs > 0n && is.valueUs <= most
      : is.valueUs === 0n;
  if (running) return interval;
  return [...interval, ...differ('interval timer', `${name} value`, `at most ${was.valueUs} µs`, `${is.valueUs} µs`)];
}
