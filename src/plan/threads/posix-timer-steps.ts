import { PRESET_SLOT, RELATION, THREAD_ENTRY_SIZE } from '../../restorer/steps.ts';
import { isSentByPeriodic, type PosixTimer } from '../../snapshot/timers.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { OtherThreads } from './other-threads.ts';
import { eightBytes, type Program } from '../program/program.ts';
import type { Siginfo } from '../../snapshot/signals.ts';

const SECOND = 1_000_000_000n;
const SIGEVENT_SIZE = 64;
/** Linux 6.15; older kernels do not know it. @source include/uapi/linux/prctl.h */
const PR_TIMER_CREATE_RESTORE_IDS = 77n;

/**
 * Timers of timer_create(2) under their very ids, armed when all are there. Timers sent their signals to `pending`; those of periodic
 * ones they send once more at once.
 */
export function restorePosixTimers(program: Program, snapshot: Snapshot, others: OtherThreads | undefined): void {
  const timers = [...snapshot.posixTimers].sort((a, b) => a.id - b.id);
  if (timers.length === 0) return;
  program.attempt('prctl', [PR_TIMER_CREATE_RESTORE_IDS, 1n], 'have timers made under given ids');
  for (const timer of timers) createTimer(program, timer, sigevent(program, timer, snapshot, others));
  program.attempt('prctl', [PR_TIMER_CREATE_RESTORE_IDS, 0n], 'have timers made under new ids');
  const waiting = [snapshot.pending, ...snapshot.threads.map(({ pending }) => pending)].flat();
  for (const timer of timers) armTimer(program, timer, waiting);
}

/**
 * Kernels that do not take an id count: from 0 on in a new process. So timers are made and deleted until it is the right one.
 * @source kernel/time/posix-timers.c posix_timer_add, v5.10 and v6.18
 */
function createTimer(program: Program, { id, clock }: PosixTimer, event: bigint): void {
  const made = program.slot();
  const address = program.slotAddress(made);
  program.do('store', [address, 8n, BigInt(id)], `POSIX timer ${id} is wanted`);
  program.call('timer_create', [BigInt(clock), event, address], `make POSIX timer ${id}`);
  program.do('check', [address, 4n, BigInt(RELATION.eq), BigInt(id)], '', 4);
  program.call('timer_delete', [made], 'delete a timer with a lower id');
  program.do('check', [address, 4n, BigInt(RELATION.ge), BigInt(id)], '', 1);
  program.jump(-5);
  program.do(
    'fail',
    [],
    `POSIX timer ${id} cannot have its id: whoever started this image had timers, and became it by exec`,
  );
  program.releaseSlot();
}

/** @source struct sigevent: value, signo, notify, thread id */
function sigevent(
  program: Program,
  { signo, notify, value, tid }: PosixTimer,
  { threads }: Snapshot,
  others: OtherThreads | undefined,
): bigint {
  const bytes = Buffer.alloc(SIGEVENT_SIZE);
  const { wordSize } = program.arch;
  bytes.set(program.word(value));
  bytes.writeInt32LE(signo, wordSize);
  bytes.writeInt32LE(notify, wordSize + 4);
  const event = program.put(bytes);
  if (tid === undefined) return event;
  const to = event + BigInt(wordSize + 8);
  const index = threads.findIndex((thread) => thread.tid === tid);
  if (index === 0) program.do('store', [to, 4n, { slot: PRESET_SLOT.pid }], 'the first thread gets its signal');
  else {
    const [, table = 0n] = others ?? [];
    const entry = table + BigInt((index - 1) * THREAD_ENTRY_SIZE);
    program.do('copy', [to, entry, 4n], `thread ${tid} gets its signal`);
  }
  return event;
}

function armTimer(program: Program, timer: PosixTimer, waiting: readonly Siginfo[]): void {
  const { id, intervalNs } = timer;
  const value = waiting.some((info) => isSentByPeriodic(info, [timer])) ? 1n : timer.valueNs;
  if (value === 0n && intervalNs === 0n) return;
  const time = (ns: bigint): Buffer[] => [eightBytes(ns / SECOND), eightBytes(ns % SECOND)];
  const spec = program.put(Buffer.concat([...time(intervalNs), ...time(value)]));
  program.call('timer_settime', [BigInt(id), 0n, spec, 0n], `set POSIX timer ${id}`);
}
