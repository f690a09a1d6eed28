import { ElfreezeError, invariant } from '../base/errors.ts';
import { type MapsLine, parseMaps } from '../proc/maps.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { WriteOut } from '../sys/image-file.ts';
import { ProcessMemory, procText } from '../sys/procfs.ts';
import type { Tracee } from '../sys/ptrace.ts';
import { assemble, describeThread } from './assemble.ts';
import type { DescriptorOptions } from './descriptors/context.ts';
import { DeadMemory } from './borrow/dead-memory.ts';
import { Errand } from './borrow/errand.ts';
import { verifyGadgets } from './borrow/gadgets.ts';
import { ThreadGroup } from './threads/group.ts';
import { askBeside, refuseHidden } from './process/hidden.ts';
import { Identity } from './process/identity.ts';
import { askCopy, askInherited, interrogate, interrogateOther, type Own } from './interrogate.ts';
import { Loan, readStopped, type Stopped } from './borrow/loan.ts';
import { NamelessSources } from './memory/nameless-files.ts';
import { preflight, refuseSharers } from './process/preflight.ts';
import { type Survey, surveyProcess } from './survey.ts';
import { findResident, isSharedAnonymous } from './memory/resident.ts';
import type { ThreadState } from './threads/thread.ts';
import { WithoutTouching } from './memory/unread.ts';
import { isInVdso, leaveVdso } from './threads/vdso.ts';
import type { MemorySource } from '../snapshot/memory.ts';
import type { Thread } from '../snapshot/thread.ts';

export interface CaptureOptions extends DescriptorOptions {
  /** End the process once its image is complete; until then it stands still. */
  readonly kill: boolean;
  /** Read the process itself while it stands still, not a copy. */
  readonly uncopied?: boolean;
}

export interface Capture {
  readonly snapshot: Snapshot;
  /** The process, or its copy: whose files in /proc stay until `use` ends. */
  readonly source: number;
  /** Readable until `use` ends. */
  readonly memory: MemorySource;
  /** What is in each of the snapshot's nameless files. */
  readonly files: readonly MemorySource[];
  /** Where the copy can write its memory itself. */
  readonly writeOut: WriteOut | undefined;
  /** How long the process stood still, in milliseconds; undefined while it still does. */
  readonly stoodStillMs: number | undefined;
}

/**
 * Stops a process, learns all about it, and gives it back untouched. `use` gets what was learnt and the memory to read:
 * that of a copy-on-write copy, while the process itself runs on. Where a copy would not do, or the process is to be
 * ended anyway, it is the process's own, and it stands still until `use` is done.
 * @throws NO_SUCH_PROCESS NOT_PERMITTED UNSUPPORTED TARGET_* NO_GADGET NO_DEAD_MEMORY RESTART_LOST
 */
export async function withCapture<T>(
  pid: number,
  options: CaptureOptions,
  use: (capture: Capture) => Promise<T>,
): Promise<T> {
  preflight(pid);
  using identity = new Identity(pid);
  try {
    return await capture(identity, options, use);
  } catch (error) {
    throw identity.explain(error);
  }
}

async function capture<T>(
  identity: Identity,
  options: CaptureOptions,
  use: (capture: Capture) => Promise<T>,
): Promise<T> {
  const { pid } = identity;
  const survey = surveyProcess(pid, options);

  const started = performance.now();
  const group = ThreadGroup.stop(pid);
  // From here the process stands still. If elfreeze dies, it runs on as if nothing had been.
  let isHeld = true;
  let copy: Tracee | undefined;
  try {
    identity.verify();
    // From here it is what was meant, and whatever is used of it is opened and read anew.
    using memory = new ProcessMemory(pid, true);
    const still = stopOutsideVdso(group, survey, memory);
    const { lines } = still;
    verifyGadgets(memory, lines, survey.gadgets);
    refuseSharers(pid, survey.sharers);
    const lend = lender(group, survey, still, memory);
    const loan = lend(0);
    const { own, ...uncopied } = borrow(loan, () => {
      const answers = interrogate(loan, pid, lines, options);
      if (canBeCopied(survey, answers, options, still, memory)) copy = tryFork(loan);
      if (copy) return { own: answers };
      askBeside(loan, (asked) => refuseHidden(asked, pid));
      return {
        own: answers,
        inherited: askInherited(loan, pid),
        resident: findResident(loan, pid, lines, answers.descriptors, false),
      };
    });
    const source = copy ?? group.leader;
    const others = group.threads.slice(1).map((_, i) => {
      const each = lend(i + 1);
      return borrow(each, () => interrogateOther(each, pid, own));
    });
    if (copy && !options.kill && survey.mayRunOn) {
      isHeld = false;
      group.detach();
      identity.letGo();
    }
    const stoodStillMs = isHeld ? undefined : performance.now() - started;
    // From here everything is asked of the copy, if there is one, and of nothing that runs.

    using copied = new ProcessMemory(source.pid, true);
    const errand = copy && Errand.prepare(loan.forCopy(copy, copied), copied);
    const asked = loan.forCopy(source, copied);
    const resident = uncopied.resident ?? findResident(asked, source.pid, lines, own.descriptors, true);
    const answers = uncopied.inherited ?? askCopy(asked, errand, pid);
    const first = { ...own.first, prctls: [...own.first.prctls, ...answers.threadPrctls] };
    const threads = describeThreads([first, ...others], still, copied, survey, copy);
    const parts = {
      pid,
      source: source.pid,
      survey,
      lines,
      own,
      answers,
      threads,
      memory: copied,
      resident,
      errand,
      options,
    };
    const snapshot = assemble(parts);
    using contents = copy ? undefined : new WithoutTouching(pid, snapshot.mappings, copied);
    using files = new NamelessSources(source.pid, snapshot, contents ?? copied);
    const writeOut: WriteOut | undefined = errand && ((...args) => errand.writeOut(...args));
    const result = await use({
      snapshot,
      source: source.pid,
      memory: contents ?? copied,
      files: files.all,
      writeOut,
      stoodStillMs,
    });
    if (options.kill) endProcess(group, survey);
    return result;
  } finally {
    if (isHeld) group.release();
    copy?.kill();
  }
}

/** The first process of a pid namespace takes no SIGKILL from inside it, but dies with a tracer that says so. */
function endProcess(group: ThreadGroup, { isInit }: Survey): void {
  if (isInit) group.leader.dieWithTracer();
  else group.kill();
}

/** @returns what takes the loan of thread number N */
function lender(
  group: ThreadGroup,
  { arch, gadgets }: Survey,
  { stopped, lines }: Still,
  memory: ProcessMemory,
): (index: number) => Loan {
  const range = lines.find(({ path }) => path === '[stack]');
  const deadMemory = new DeadMemory(range, group.threads.length > 1, memory);
  return (index) => {
    const [tracee, own] = [group.threads[index], stopped[index]];
    invariant(tracee && own, 'every thread that stands still was read');
    return Loan.take({ tracee, arch, stopped: own, memory, gadgets, deadMemory, isFirst: index === 0 });
  };
}

/** Whatever happens, what was borrowed is given back. */
function borrow<T>(loan: Loan, use: () => T): T {
  try {
    return use();
  } finally {
    if (loan.tracee.isOurs) loan.giveBack();
  }
}

/** A process that may not fork, for its limits or for want of memory, is read while it stands still. */
function tryFork(loan: Loan): Tracee | undefined {
  try {
    return loan.fork();
  } catch (error) {
    if (error instanceof ElfreezeError && error.code === 'SYSCALL_FAILED') return undefined;
    throw error;
  }
}

/** Threads that stand still, and the mappings as they are then. */
interface Still {
  readonly stopped: readonly Stopped[];
  readonly lines: readonly MapsLine[];
}

/**
 * Saved code of the vdso only fits this kernel's data pages, so no image may begin inside it. A copy can be stepped out
 * of it later, for one thread after the other; threads of a process that cannot be copied are let run until they are
 * caught elsewhere.
 */
function stopOutsideVdso(group: ThreadGroup, survey: Survey, memory: ProcessMemory): Still {
  for (let tries = 0; ; tries++) {
    const stopped = group.threads.map((thread) => readStopped(thread, survey.arch, memory));
    const lines = parseMaps(procText(group.pid, 'maps'));
    const inside = group.threads.filter((_, i) => isInside(survey, lines, stopped[i], memory));
    if (inside.length === 0 || survey.mayBeCopied) return { stopped, lines };
    if (tries === 1000 || group.isStopped)
      throw new ElfreezeError('TARGET_BUSY', `process ${group.pid} never leaves the vdso`);
    group.letRun(inside);
  }
}

const isInside = (
  { arch }: Survey,
  lines: readonly MapsLine[],
  stopped: Stopped | undefined,
  memory: ProcessMemory,
): boolean => stopped !== undefined && isInVdso(arch, stopped, lines, memory);

/**
 * The copy's parent is whoever reaps orphans. That must not be the process itself, which would see a SIGCHLD and a
 * child it never had.
 */
function canBeCopied(
  survey: Survey,
  own: Own,
  options: CaptureOptions,
  { stopped, lines }: Still,
  memory: ProcessMemory,
): boolean {
  const reaper = own.prctls.some(({ name, value }) => name === 'PR_SET_CHILD_SUBREAPER' && value !== 0n);
  const wanted =
    !options.kill || lines.some(isSharedAnonymous) || stopped.some((each) => isInside(survey, lines, each, memory));
  return wanted && !options.uncopied && !reaper && survey.mayBeCopied;
}

/** All threads as they will go on: outside of the vdso. @param copy where they can be taken out of it */
function describeThreads(
  states: readonly ThreadState[],
  { stopped, lines }: Still,
  memory: ProcessMemory,
  { arch }: Survey,
  copy: Tracee | undefined,
): Thread[] {
  const threads = states.map((state, i) => {
    const own = stopped[i];
    invariant(own, 'every thread that was asked had been read');
    return { own, described: describeThread(state, own, memory, arch) };
  });
  return threads.map(({ own, described }) => {
    if (!copy) return described;
    const { registers, xstate } = leaveVdso(copy, arch, own, memory, lines);
    return { ...described, registers, xstate };
  });
}
