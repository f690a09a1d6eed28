import { ElfreezeError } from '../../base/errors.ts';
import { parseStatus, type Status } from '../../proc/status.ts';
import { procList, procText, procThreads } from '../../sys/procfs.ts';
import { Tracee } from '../../sys/ptrace.ts';
import { Reaper } from '../../sys/reaper.ts';

/** Passes over the list of threads that must find no new one. A thread that starts while it is read may be missed once. */
const QUIET_PASSES = 2;

/** A thread that executes a program waits for all others but the first: of so many tracees one is to be waited for. */
const WAITED_FOR = 2;

/** All threads of a process, standing still together. */
export class ThreadGroup {
  readonly pid: number;
  private tracees: Tracee[] = [];
  private reaper: Reaper | undefined;

  private constructor(pid: number) {
    this.pid = pid;
  }

  /** @throws NOT_PERMITTED NO_SUCH_PROCESS TARGET_BUSY TARGET_GONE TARGET_CHANGED UNSUPPORTED */
  static stop(pid: number): ThreadGroup {
    const group = new ThreadGroup(pid);
    try {
      group.stopAll();
      return group;
    } catch (error) {
      group.release();
      throw error;
    }
  }

  /** The first thread comes first, the others as they were started. */
  get threads(): readonly Tracee[] {
    return this.tracees;
  }

  get leader(): Tracee {
    const [leader] = this.tracees;
    if (leader?.pid !== this.pid) throw new ElfreezeError('TARGET_GONE', `process ${this.pid} ended`);
    return leader;
  }

  /** Whether job control had stopped it already. */
  get isStopped(): boolean {
    return this.leader.wasStopped;
  }

  /** Until all stand still, threads start and end. Once they do, nobody is left to start one. */
  private stopAll(): void {
    try {
      this.stopNewcomers();
    } finally {
      this.reaper?.[Symbol.dispose]();
      this.reaper = undefined;
    }
    if (this.tracees.length <= 1) return;
    const ranks = new Map(procThreads(this.pid).map((tid, rank) => [tid, rank]));
    // The number of a thread that ended after the list was read may have been given to a thread of anybody's.
    const stranger = this.tracees.find(({ pid }) => !ranks.has(pid));
    if (stranger) throw new ElfreezeError('TARGET_CHANGED', `process ${this.pid}, thread ${stranger.pid} → it ended`);
    const rankOf = ({ pid }: Tracee): number => ranks.get(pid) ?? ranks.size;
    this.tracees.sort((a, b) => rankOf(a) - rankOf(b));
  }

  private stopNewcomers(): void {
    for (let quiet = 0; quiet < QUIET_PASSES;) {
      const newcomers = this.seizeNewcomers();
      for (const thread of newcomers) thread.waitInterrupted();
      this.tracees = this.tracees.filter(({ isGone }) => !isGone);
      quiet = newcomers.length === 0 ? quiet + 1 : 0;
    }
  }

  /** All are asked to stop before any is waited for. */
  private seizeNewcomers(): Tracee[] {
    const known = new Set(this.tracees.map(({ pid }) => pid));
    const before = this.tracees.length;
    for (const tid of procList(this.pid, 'task').map(Number)) {
      const thread = known.has(tid) ? undefined : this.seize(tid);
      if (!thread) continue;
      this.tracees.push(thread);
      this.reaper?.add(tid);
    }
    return this.tracees.slice(before);
  }

  /** @returns undefined for a thread that has ended */
  private seize(tid: number): Tracee | undefined {
    let thread: Tracee | undefined;
    try {
      thread = this.seizeAtLast(tid);
      thread.interrupt();
      return thread;
    } catch (error) {
      if (!(error instanceof ElfreezeError)) throw error;
      const status = statusOf(this.pid, tid);
      // What was ours would not be gone before it was waited for: it executed a program meanwhile, and is the first thread now.
      if (thread && !status) throw this.executed();
      // The child of a thread that was ours already: it stops by itself.
      if (status?.tracerPid === process.pid) return new Tracee(tid);
      const hasEnded = !status || /^[ZX]/.test(status.state);
      if (hasEnded && tid === this.pid) throw leaderGone(tid, error);
      if (hasEnded) return undefined;
      throw error;
    }
  }

  /** Whatever the thread executes, it is not waited for for ever. */
  private seizeAtLast(tid: number): Tracee {
    if (this.tracees.length < WAITED_FOR) return Tracee.seize(tid);
    this.reaper ??= new Reaper(this.tracees.map(({ pid }) => pid));
    return this.reaper.during(() => Tracee.seize(tid));
  }

  /** By a thread that was not ours then: nothing tells of it. It is asked to stop, so that it can be let go. */
  private executed(): ElfreezeError {
    this.tracees.find(({ pid }) => pid === this.pid)?.interrupt();
    return new ElfreezeError('TARGET_CHANGED', `process ${this.pid} → it executed another program`);
  }

  /** Lets some of them run for a moment. */
  letRun(threads: readonly Tracee[]): void {
    for (const thread of threads) {
      thread.resume();
      thread.interrupt();
    }
    for (const thread of threads) thread.waitInterrupted();
    this.tracees = this.tracees.filter(({ isGone }) => !isGone);
    this.stopAll();
  }

  /** Lets all go on, exactly as they were stopped. */
  detach(): void {
    for (const thread of this.tracees) thread.detach();
  }

  /** Lets go whatever is left of them. */
  release(): void {
    for (const thread of this.tracees) thread.release();
  }

  /** The first thread's end is told only after that of all others. */
  kill(): void {
    const [leader, ...others] = this.tracees;
    for (const thread of others) thread.kill();
    leader?.kill();
  }
}

function statusOf(pid: number, tid: number): Status | undefined {
  try {
    return parseStatus(procText(pid, `task/${tid}/status`));
  } catch {
    return undefined; // it has ended, and is no more
  }
}

const leaderGone = (pid: number, cause: unknown): ElfreezeError =>
  new ElfreezeError('TARGET_GONE', `the first thread of process ${pid} has ended`, { cause });
