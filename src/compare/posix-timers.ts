import { hex } from '../base/range.ts';
import { isSentByPeriodic, sendingTimer, type PosixTimer } from '../snapshot/timers.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { ABSENT, type Difference, differ, differInFields } from './difference.ts';
import { pairThreads } from './thread.ts';
import type { Siginfo } from '../snapshot/signals.ts';

/** Time runs on while the process is stopped: a timer may have run out, and then its signal waits. */
export function comparePosixTimers(recorded: Snapshot, found: Snapshot): Difference[] {
  const ids = new Set([...recorded.posixTimers, ...found.posixTimers].map(({ id }) => id));
  const of = ({ posixTimers }: Snapshot, id: number): PosixTimer | undefined =>
    posixTimers.find((timer) => timer.id === id);
  return [...ids].flatMap((id) => {
    const [was, is] = [of(recorded, id), of(found, id)];
    if (!was || !is)
      return differ('POSIX timer', String(id), was ? 'there' : ABSENT, is ? 'there' : ABSENT);
    return [
      ...differInFields('POSIX timer', String(id), was, is, {
        clock: String, notify: String, signo: String, value: hex, intervalNs: String,
      }),
      ...differ('POSIX timer', `${id} receiver`, receiver(recorded, recorded, was), receiver(recorded, found, is)),
      ...compareLeft(was, is, found),
    ];
  }); // prettier-ignore
}

/** The thread that gets its signal, as it was called when it was recorded. */
function receiver(recorded: Snapshot, snapshot: Snapshot, { tid }: PosixTimer): string {
  const pair = pairThreads(recorded, snapshot).find(([, is]) => is?.tid === tid);
  return tid === undefined ? 'the process' : `thread ${pair?.[0].tid ?? `of id ${tid}`}`;
}

function compareLeft(was: PosixTimer, is: PosixTimer, found: Snapshot): Difference[] {
  const mayHaveExpired = queued(found).some((info) => sendingTimer(info) === was.id);
  const isSet = is.valueNs > 0n;
  const wasSet = was.valueNs > 0n;
  const fits = mayHaveExpired || (isSet === wasSet && is.valueNs <= was.valueNs);
  return fits ? [] : differ('POSIX timer', `${was.id} value`, `at most ${was.valueNs} ns`, `${is.valueNs} ns`);
}

const queued = ({ pending, threads }: Snapshot): Siginfo[] => [pending, ...threads.map((each) => each.pending)].flat();

/** The signals that wait, but for those that a timer may have sent since, or sends once more. */
export const withoutTimers = (infos: readonly Siginfo[], { posixTimers }: Snapshot): Siginfo[] =>
  infos.filter(
    (info) =>
      !isSentByPeriodic(info, posixTimers) &&
      !posixTimers.some(({ id, valueNs }) => valueNs > 0n && id === sendingTimer(info)),
  );
