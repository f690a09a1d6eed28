import { ElfreezeError } from '../../base/errors.ts';
import { parseStatus } from '../../proc/status.ts';
import { parseTimers } from '../../proc/timers.ts';
import { type PosixTimer, SIGEV_THREAD_ID } from '../../snapshot/timers.ts';
import { procList, procText } from '../../sys/procfs.ts';
import { type Asked, wideTime } from '../borrow/ask.ts';

const NOTIFY = { signal: 0, none: 1, thread: 2 } as const;
/** The clocks of time that passes for everyone alike. @source clock_gettime(2) */
const COMMON_CLOCKS = [0, 1, 7, 11]; // REALTIME, MONOTONIC, BOOTTIME, TAI
const ALARM_CLOCKS: Readonly<Record<number, string>> = { 8: 'CLOCK_REALTIME_ALARM', 9: 'CLOCK_BOOTTIME_ALARM' };
/**
 * Clocks of CPU time are ~id × 8 and these bits; id 0 is whoever asks. What would be the third kind is a descriptor's.
 * @source include/linux/posix-timers_types.h CPUCLOCK_*, v6.18
 */
const CPU_CLOCK = { self: ~0 << 3, thread: 4, kind: 3, descriptor: 3 } as const;

/** Kernels that take no id count up to it, one timer after the other: a few seconds. */
const HIGHEST_ID = 1_000_000;

/** What /proc tells of the timers of timer_create(2). @throws UNSUPPORTED for one that cannot be made again */
export function readPosixTimers(pid: number): Omit<PosixTimer, 'intervalNs' | 'valueNs'>[] {
  const text = procText(pid, 'timers');
  if (text === '') return [];
  const tids = procList(pid, 'task').map(Number);
  const ownPid = parseStatus(procText(pid, 'status')).nsPid.at(-1) ?? pid;
  return parseTimers(text).map(({ id, signo, value, notify, ofThread, receiver, clock }) => {
    const refuse = (what: string): ElfreezeError =>
      new ElfreezeError('UNSUPPORTED', `process ${pid} → POSIX timer ${id} ${what}`);
    if (id > HIGHEST_ID) throw refuse('with an id that most kernels do not give again');
    if (ofThread && !tids.includes(receiver)) throw refuse('for a thread that has ended');
    const thread = ofThread ? { tid: receiver } : {};
    const carried = carriedClock(clock, ownPid, tids.length > 1, refuse);
    return { id, clock: carried, notify: NOTIFY[notify] | (ofThread ? SIGEV_THREAD_ID : 0), signo, value, ...thread };
  });
}

/** The clock as the process itself may name it, whatever its id is by then. */
function carriedClock(
  clock: number,
  ownPid: number,
  hasThreads: boolean,
  refuse: (what: string) => ElfreezeError,
): number {
  if (COMMON_CLOCKS.includes(clock)) return clock;
  const alarm = ALARM_CLOCKS[clock];
  if (alarm) throw refuse(`of ${alarm}, which wakes the machine up`);
  if (clock >= 0 || (clock & CPU_CLOCK.kind) === CPU_CLOCK.descriptor) throw refuse(`of clock ${clock}`);
  const id = ~(clock >> 3);
  // Which thread's it is the kernel does not tell.
  if ((clock & CPU_CLOCK.thread) !== 0 && hasThreads) throw refuse('of the CPU time of one of its threads');
  if (id !== 0 && id !== ownPid) throw refuse(`of the CPU time of process ${id}`);
  return CPU_CLOCK.self | (clock & (CPU_CLOCK.thread | CPU_CLOCK.kind));
}

/** With what timer_gettime(2) tells of each. */
export function askPosixTimers(asked: Asked, pid: number): PosixTimer[] {
  return asked.ask(
    readPosixTimers(pid).map((timer) => ({
      call: 'timer_gettime',
      args: (room) => [BigInt(timer.id), room],
      answer: (_result, room) => ({ ...timer, intervalNs: wideTime(room, 0), valueNs: wideTime(room, 1) }),
    })),
  );
}
