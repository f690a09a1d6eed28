import type { PrctlRow } from '../../snapshot/prctl.ts';
import { sendingTimer } from '../../snapshot/timers.ts';
import type { Siginfo } from '../../snapshot/signals.ts';
import type { Thread } from '../../snapshot/thread.ts';
import { ioPriority, robustListOf, schedulingPolicy } from '../../sys/processes.ts';
import { procBytes } from '../../sys/procfs.ts';
import { NT, type Tracee } from '../../sys/ptrace.ts';
import { askAltstack, askPrctls, askRobustList, askTidAddress, parseTls } from '../borrow/ask.ts';
import type { Loan } from '../borrow/loan.ts';
import type { Facts } from '../process/preflight.ts';
import { parseRseq } from './rseq.ts';

/** Class 0: none of its own, it goes by the nice value. @source ioprio_set(2) */
const IOPRIO_CLASS_SHIFT = 13;
/** si_sys_private in siginfo_t. @source include/uapi/asm-generic/siginfo.h */
const TIMER_PRIVATE = { start: 32, end: 36 } as const;

/** What the kernel holds for one thread, but for registers and mask. */
export type ThreadState = Omit<Thread, 'registers' | 'xstate' | 'sigmask' | 'lostSyscall' | 'tidWords' | 'affinity'> & {
  /** Which processors it may run on, among others that there are not. */
  readonly cpusAllowedList: string;
};

/** @param wanted the settings that only the thread itself can tell */
export function interrogateThread(
  loan: Loan,
  pid: number,
  { stat, status: { nsPid, cpusAllowedList } }: Facts,
  wanted: (row: PrctlRow) => boolean,
): ThreadState {
  const { tracee, arch } = loan;
  const tid = tracee.pid;
  const io = ioPriority(tid);
  const rseq = parseRseq(tracee.rseqConfiguration());
  return {
    tid,
    ownTid: nsPid.at(-1) ?? tid,
    name: Uint8Array.from(procBytes(pid, `task/${tid}/comm`).subarray(0, -1)),
    nice: stat.nice,
    schedPolicy: schedulingPolicy(tid),
    rtPriority: stat.rtPriority,
    ...(io >> IOPRIO_CLASS_SHIFT === 0 ? {} : { ioPriority: io }),
    cpusAllowedList,
    altstack: askAltstack(loan),
    prctls: askPrctls(loan, wanted),
    pending: pendingSignals(tracee, false),
    ...(rseq ? { rseq } : {}),
    robustList: arch.name === 'i386' ? askRobustList(loan) : robustListOf(tid),
    clearChildTid: askTidAddress(loan),
    tls: arch.name === 'i386' ? parseTls(tracee.regset(NT.I386_TLS, 48)) : [],
  };
}

/** @param shared those of the whole process */
export const pendingSignals = (tracee: Tracee, shared: boolean): Siginfo[] =>
  tracee.pendingSignals(shared).map((bytes) => {
    const info = { signo: new DataView(bytes.buffer).getInt32(0, true), bytes };
    // What the kernel keeps there for itself, as the program never sees it. @source kernel/signal.c copy_siginfo_to_user
    if (sendingTimer(info) !== undefined) bytes.fill(0, TIMER_PRIVATE.start, TIMER_PRIVATE.end);
    return info;
  });
