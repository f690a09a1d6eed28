import { ElfreezeError } from '../base/errors.ts';
import type { MapsLine } from '../proc/maps.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { sharesWithLeader } from '../sys/processes.ts';
import {
  type Asked,
  askActions,
  askBreak,
  askLimits,
  askMembarriers,
  askPrctls,
  askTimers,
  hasLdt,
  mayUseAmx,
} from './borrow/ask.ts';
import type { DescriptorOptions } from './descriptors/context.ts';
import { isCarried } from './descriptors/overrides.ts';
import { readPipes } from './descriptors/pipes.ts';
import { type DescriptorState, readDescriptorState } from './descriptors/state.ts';
import { readQueues } from './descriptors/unix-sockets.ts';
import type { Errand } from './borrow/errand.ts';
import { askLockedMemory, type LockedMemory } from './memory/locked-memory.ts';
import { refuseRestricted } from './process/landlock.ts';
import { askBeside, refuseHidden } from './process/hidden.ts';
import type { Loan } from './borrow/loan.ts';
import { askPosixTimers } from './process/posix-timers.ts';
import { type Facts, readFacts, refuseProcess, refuseThread } from './process/preflight.ts';
import { askSegments, type SegmentStat } from './memory/sysv-memory.ts';
import { readTerminal } from './descriptors/terminal.ts';
import { interrogateThread, pendingSignals, type ThreadState } from './threads/thread.ts';
import type { PrctlSetting } from '../snapshot/prctl.ts';

/** Answers that only the process itself has: a forked copy starts with other ones. */
export interface Own {
  readonly stopped: boolean;
  readonly itimers: Snapshot['itimers'];
  readonly posixTimers: Snapshot['posixTimers'];
  readonly prctls: readonly PrctlSetting[];
  readonly pending: Snapshot['pending'];
  readonly descriptors: readonly DescriptorState[];
  readonly pipes: Snapshot['pipes'];
  readonly sockets: Snapshot['sockets'];
  readonly terminal: Snapshot['terminal'];
  readonly segments: readonly SegmentStat[];
  readonly locked: LockedMemory['flags'];
  /** Of the first thread. */
  readonly facts: Facts;
  /** The first thread, but for settings that its copy has too. */
  readonly first: ThreadState;
}

/** @param loan of the first thread @throws UNSUPPORTED */
export function interrogate(loan: Loan, pid: number, lines: readonly MapsLine[], options: DescriptorOptions): Own {
  refuseProcess(pid);
  const facts = readFacts(pid, `task/${pid}/`);
  refuseThread(facts, pid, facts);
  const descriptors = readDescriptorState(pid);
  const carried = descriptors.filter(({ fd }) => isCarried(fd, options));
  const queues = readQueues(pid, carried);
  const locked = askLockedMemory(loan, pid, facts.status.vmLck);
  return {
    stopped: loan.tracee.wasStopped,
    itimers: askTimers(loan), // first: they run on until the process stops using its CPU time
    posixTimers: askPosixTimers(loan, pid),
    facts,
    first: interrogateThread(loan, pid, facts, ({ scope, inherited }) => scope === 'thread' && !inherited),
    prctls: [...askPrctls(loan, ({ scope, inherited }) => scope === 'process' && !inherited), ...locked.future],
    pending: pendingSignals(loan.tracee, true),
    descriptors: descriptors.map((each) => (queues.withRights.has(each.link) ? { ...each, hasRights: true } : each)),
    pipes: readPipes(pid, carried),
    sockets: queues.contents,
    segments: askSegments(loan, lines),
    terminal: readTerminal(pid, facts.stat, descriptors),
    locked: locked.flags,
  };
}

/** Any thread but the first. @param facts of the first @throws UNSUPPORTED when it is more than a thread usually is */
export function interrogateOther(loan: Loan, pid: number, { facts: first }: Own): ThreadState {
  const { pid: tid } = loan.tracee;
  for (const what of ['descriptors', 'working directory'] as const)
    if (!sharesWithLeader(pid, tid, what))
      throw new ElfreezeError('UNSUPPORTED', `process ${pid}, thread ${tid} → ${what} of its own (unshare)`);
  const facts = readFacts(pid, `task/${tid}/`);
  refuseThread(facts, pid, first);
  // Whoever is not privileged has to set this to restrict a thread, and all others do.
  if (facts.status.noNewPrivs) askBeside(loan, (asked) => refuseRestricted(asked, pid, tid));
  return interrogateThread(loan, pid, facts, ({ scope }) => scope === 'thread');
}

/** Answers that a copy has as well. */
export interface Inherited {
  readonly brk: bigint;
  readonly actions: Snapshot['actions'];
  readonly limits: Snapshot['limits'];
  readonly prctls: readonly PrctlSetting[];
  readonly membarriers: Snapshot['membarriers'];
  /** Of the first thread. */
  readonly threadPrctls: readonly PrctlSetting[];
}

/** @throws UNSUPPORTED */
export function askInherited(asked: Asked, pid: number): Inherited {
  if (hasLdt(asked)) throw new ElfreezeError('UNSUPPORTED', `process ${pid} → segments of its own (modify_ldt)`);
  if (mayUseAmx(asked)) throw new ElfreezeError('UNSUPPORTED', `process ${pid} → permission to use AMX`);
  return {
    brk: askBreak(asked),
    actions: askActions(asked),
    limits: askLimits(asked),
    prctls: askPrctls(asked, ({ scope, inherited }) => scope === 'process' && inherited),
    membarriers: askMembarriers(asked),
    threadPrctls: askPrctls(asked, ({ scope, inherited }) => scope === 'thread' && inherited),
  };
}

/** @throws UNSUPPORTED */
export function askCopy(loan: Loan, errand: Errand | undefined, pid: number): Inherited {
  const asked = errand ?? loan;
  const answers = askInherited(asked, pid);
  // Last: a copy loses rights by it.
  refuseHidden(asked, pid);
  loan.restoreMemory();
  return answers;
}
