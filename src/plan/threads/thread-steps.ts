import { cpusIn } from '../../base/cpu-list.ts';
import { ARCHES } from '../../arch/index.ts';
import { PRESET_SLOT, type Slot } from '../../restorer/steps.ts';
import { isSentByPeriodic } from '../../snapshot/timers.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Job } from '../job/job.ts';
import { type Capabilities, giveUpCapabilities } from '../process/keep-pid.ts';
import type { Program } from '../program/program.ts';
import { finalRegisters } from './registers.ts';
import { restoreSegments } from './segment-steps.ts';
import { siginfo32 } from './siginfo.ts';
import { type Rseq, type Thread, threadName } from '../../snapshot/thread.ts';
import type { Siginfo } from '../../snapshot/signals.ts';

const ARCH_SET_GS = 0x1001n;
const ARCH_SET_FS = 0x1002n;
const PR_SET_NAME = 15n;
/** The fourth byte of a word with an id may hold flags of a lock. @source include/linux/threads.h PID_MAX_LIMIT: at most 2^22 */
const TID_BYTES = 3n;
const IOPRIO_WHO_PROCESS = 1n;
const EPERM = 1;
const EACCES = 13;

export interface ThreadContext {
  /** Ends the sentences: which thread it is when it is not the first. */
  readonly whose: string;
  readonly capabilities: Capabilities;
  /** Signals that are queued for the process as a whole, which the first thread queues. */
  readonly forProcess: readonly Siginfo[];
  /** Where the value lies that a register will have. */
  readonly registerAt: (name: string) => bigint;
}

/** Everything that a thread has to itself and that only it can set: it takes these steps with all signals blocked. */
export function restoreThread(program: Program, { snapshot }: Job, thread: Thread, context: ThreadContext): void {
  const { whose, capabilities, forProcess } = context;
  const queued = (infos: readonly Siginfo[]): { signo: bigint; info: bigint }[] =>
    infos
      .filter((info) => !isSentByPeriodic(info, snapshot.posixTimers))
      .map(({ signo, bytes }) => ({
        signo: BigInt(signo),
        info: program.put(program.arch.wordSize === 8 ? bytes : siginfo32(bytes)),
      }));
  giveUpCapabilities(program, capabilities, whose);
  restoreTls(program, snapshot, thread, context);
  const tid = restoreTid(program, thread, whose);
  const { head, length } = thread.robustList;
  if (head !== 0n) program.call('set_robust_list', [head, length], `set the robust futex list${whose}`);
  const name = program.put(Uint8Array.of(...thread.name, 0));
  program.call('prctl', [PR_SET_NAME, name], `set the name ${threadName(thread)}${whose}`);
  restoreScheduling(program, thread, whose);
  const pid = { slot: PRESET_SLOT.pid };
  for (const { signo, info } of queued(forProcess))
    program.call('rt_sigqueueinfo', [pid, signo, info], `queue the pending signal ${signo}`);
  for (const { signo, info } of queued(thread.pending))
    program.call('rt_tgsigqueueinfo', [pid, tid, signo, info], `queue the pending signal ${signo}${whose}`);
  program.releaseSlot();
}

function restoreTls(program: Program, snapshot: Snapshot, thread: Thread, { whose, registerAt }: ThreadContext): void {
  if (program.arch === ARCHES['x86-64']) {
    program.call('arch_prctl', [ARCH_SET_FS, thread.registers['fs_base'] ?? 0n], `set the FS base${whose}`);
    program.call('arch_prctl', [ARCH_SET_GS, thread.registers['gs_base'] ?? 0n], `set the GS base${whose}`);
    return;
  }
  restoreSegments(program, thread, finalRegisters(program.arch, snapshot, thread), registerAt, whose);
}

/** The kernel tells the new id when it is told which word to clear at the thread's end; the C library's words get it too. */
function restoreTid(program: Program, thread: Thread, whose: string): Slot {
  const tid = program.slot();
  program.call('set_tid_address', [thread.clearChildTid], `set the address of the thread id${whose}`, { keep: tid });
  for (const word of thread.tidWords) program.do('store', [word, TID_BYTES, tid], `write the new thread id${whose}`);
  return tid;
}

/**
 * The caller may have chosen to run it nicer, or may not be allowed less nice, or other processors: then the caller's choice stays. But
 * a real-time policy is more than a wish: without it the program would not do its work in time.
 */
function restoreScheduling(program: Program, thread: Thread, whose: string): void {
  const { nice, schedPolicy, rtPriority, ioPriority, affinity } = thread;

  program.call('setpriority', [0n, 0n, BigInt(nice)], `set the nice value ${nice}${whose}`, {
    expect: { kind: 'okOr', errno: EACCES },
  });
  const asFarAsAllowed = { expect: { kind: 'okOr', errno: EPERM } } as const;
  const param = program.put(Uint8Array.of(rtPriority, 0, 0, 0));
  const policy = rtPriority === 0 ? `scheduling policy ${schedPolicy}` : `real-time priority ${rtPriority}`;
  const sentence = `set ${policy}${whose}`;
  const options = rtPriority === 0 ? asFarAsAllowed : {};
  program.call('sched_setscheduler', [0n, BigInt(schedPolicy), param], sentence, options);
  if (ioPriority !== undefined) {
    const args = [IOPRIO_WHO_PROCESS, 0n, BigInt(ioPriority)];
    program.call('ioprio_set', args, `set the I/O priority${whose}`, asFarAsAllowed);
  }
  if (affinity === undefined) return;
  const set = cpuSet(affinity);
  program.attempt(
    'sched_setaffinity',
    [0n, BigInt(set.length), program.put(set)],
    `run on processors ${affinity} only${whose}`,
  );
}

/** A cpu_set_t of the processors in a list like `0-2,5`. @source proc_pid_status(5) Cpus_allowed_list, sched_setaffinity(2) */
export function cpuSet(list: string): Uint8Array {
  const cpus = cpusIn(list);
  const set = new Uint8Array((Math.floor(Math.max(...cpus) / 64) + 1) * 8);
  for (const cpu of cpus) set[cpu >> 3]! |= 1 << (cpu & 7);
  return set;
}

/** The kernel writes to the area as soon as it is registered, so this comes last. */
export function restoreRseq(program: Program, { address, size, signature }: Rseq, whose: string): void {
  const register = (length: bigint): bigint[] => [address, length, 0n, BigInt(signature)];
  program.attempt('rseq', register(BigInt(size)), `register the restartable sequence area${whose}`, 1);
  program.call('rseq', register(32n), `register the restartable sequence area in its first form${whose}`);
}
